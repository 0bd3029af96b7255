// Runs ONNX test cases on ONNX Runtime's C API; the protocol is in ../README.md.
#define _POSIX_C_SOURCE 200809L
#include "tensor.h"

#include <ctype.h>
#include <errno.h>
#include <onnxruntime_c_api.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum { MAX_TENSORS = 64, MESSAGE = 2048, PATH = 4096 };

static const OrtApi *ort;
static OrtEnv *environment;
static OrtMemoryInfo *memory;

// An open graph and what it was opened from.
typedef struct {
    char model[PATH], optimisations[8];
    OrtSession *session;
} Graph;

// Consumes a status; returns whether it is OK, else copies its message to `problem`.
static int ok(OrtStatus *status, char *problem) {
    if (status == NULL) {
        return 1;
    }
    snprintf(problem, MESSAGE, "%s", ort->GetErrorMessage(status));
    ort->ReleaseStatus(status);
    return 0;
}

// Whether the last problem is a limit of this program, whatever the engine could do.
static int ours;

static int refuse(const char *reason, char *problem) {
    if (reason != NULL) {
        ours = 1;
        snprintf(problem, MESSAGE, "%s", reason);
    }
    return reason == NULL;
}

static int open_graph(Graph *graph, const char *model, const char *optimisations, char *problem) {
    if (graph->session != NULL) {
        ort->ReleaseSession(graph->session);
        graph->session = NULL;
    }
    OrtSessionOptions *options = NULL;
    GraphOptimizationLevel level = strcmp(optimisations, "on") == 0 ? ORT_ENABLE_ALL : ORT_DISABLE_ALL;
    int opened = ok(ort->CreateSessionOptions(&options), problem)
        && ok(ort->SetSessionGraphOptimizationLevel(options, level), problem)
        && ok(ort->SetIntraOpNumThreads(options, 1), problem)
        && ok(ort->SetInterOpNumThreads(options, 1), problem)
        && ok(ort->CreateSession(environment, model, options, &graph->session), problem);
    if (options != NULL) {
        ort->ReleaseSessionOptions(options);
    }
    snprintf(graph->model, sizeof graph->model, "%s", model);
    snprintf(graph->optimisations, sizeof graph->optimisations, "%s", optimisations);
    return opened;
}

static int read_input(const char *folder, size_t index, Tensor *tensor, OrtValue **value, char *problem) {
    char file[PATH];
    snprintf(file, sizeof file, "%s/input_%zu.pb", folder, index);
    return refuse(read_tensor(file, tensor), problem)
        && ok(ort->CreateTensorWithDataAsOrtValue(memory, tensor->data, tensor->bytes, tensor->shape, tensor->rank,
            (ONNXTensorElementDataType)tensor->type, value), problem);
}

static int write_output(const char *folder, size_t index, const char *name, OrtValue *value, char *problem) {
    char file[PATH];
    snprintf(file, sizeof file, "%s/output_%zu.pb", folder, index);
    OrtTensorTypeAndShapeInfo *info = NULL;
    ONNXTensorElementDataType type;
    Tensor tensor = {0};
    size_t elements = 0;
    void *data = NULL;
    int written = ok(ort->GetTensorTypeAndShape(value, &info), problem)
        && ok(ort->GetTensorElementType(info, &type), problem)
        && ok(ort->GetDimensionsCount(info, &tensor.rank), problem)
        && refuse(tensor.rank > MAX_RANK ? "the C adapter passes at most 16 dimensions, and an output has more" : NULL, problem)
        && ok(ort->GetDimensions(info, tensor.shape, tensor.rank), problem)
        && ok(ort->GetTensorShapeElementCount(info, &elements), problem)
        && refuse(element_width((int)type) == 0 ? "the C adapter passes numbers only, and an output has another type" : NULL, problem)
        && ok(ort->GetTensorMutableData(value, &data), problem);
    if (written) {
        tensor.type = (int)type;
        tensor.bytes = elements * element_width((int)type);
        tensor.data = data;
        written = refuse(write_tensor(file, name, &tensor), problem);
    }
    if (info != NULL) {
        ort->ReleaseTensorTypeAndShapeInfo(info);
    }
    return written;
}

// Runs a case and writes its outputs; `taken` gets the milliseconds that the engine took.
static int run(Graph *graph, const char *inputs, const char *outputs, double *taken, char *problem) {
    OrtAllocator *allocator;
    size_t given = 0, wanted = 0;
    Tensor tensors[MAX_TENSORS] = {0};
    OrtValue *feeds[MAX_TENSORS] = {0}, *results[MAX_TENSORS] = {0};
    char *names[2][MAX_TENSORS] = {0};
    int good = ok(ort->GetAllocatorWithDefaultOptions(&allocator), problem)
        && ok(ort->SessionGetInputCount(graph->session, &given), problem)
        && ok(ort->SessionGetOutputCount(graph->session, &wanted), problem)
        && refuse(given > MAX_TENSORS || wanted > MAX_TENSORS ? "the C adapter passes at most 64 inputs and outputs, and the graph has more"
                                                              : NULL, problem);
    for (size_t i = 0; good && i < given; i++) {
        good = ok(ort->SessionGetInputName(graph->session, i, allocator, &names[0][i]), problem)
            && read_input(inputs, i, &tensors[i], &feeds[i], problem);
    }
    for (size_t i = 0; good && i < wanted; i++) {
        good = ok(ort->SessionGetOutputName(graph->session, i, allocator, &names[1][i]), problem);
    }
    struct timespec start, end;
    clock_gettime(CLOCK_MONOTONIC, &start);
    good = good
        && ok(ort->Run(graph->session, NULL, (const char *const *)names[0], (const OrtValue *const *)feeds, given,
                         (const char *const *)names[1], wanted, results), problem);
    clock_gettime(CLOCK_MONOTONIC, &end);
    *taken = (end.tv_sec - start.tv_sec) * 1e3 + (end.tv_nsec - start.tv_nsec) / 1e6;
    if (good && mkdir(outputs, 0755) != 0 && errno != EEXIST) {
        good = refuse("expected to create the output folder, found an error", problem);
    }
    for (size_t i = 0; good && i < wanted; i++) {
        good = write_output(outputs, i, names[1][i], results[i], problem);
    }
    for (size_t i = 0; i < MAX_TENSORS; i++) {
        free(tensors[i].data);
        if (feeds[i] != NULL) {
            ort->ReleaseValue(feeds[i]);
        }
        if (results[i] != NULL) {
            ort->ReleaseValue(results[i]);
        }
        for (int side = 0; side < 2; side++) {
            if (names[side][i] != NULL) {
                allocator->Free(allocator, names[side][i]);
            }
        }
    }
    return good;
}

int main(int count, char **arguments) {
    char problem[MESSAGE];
    FILE *jobs = count == 2 ? fopen(arguments[1], "r") : NULL;
    ort = OrtGetApiBase()->GetApi(ORT_API_VERSION);
    if (jobs == NULL || ort == NULL
        || !ok(ort->CreateEnv(ORT_LOGGING_LEVEL_FATAL, "conformance", &environment), problem)
        || !ok(ort->CreateCpuMemoryInfo(OrtArenaAllocator, OrtMemTypeDefault, &memory), problem)) {
        fprintf(stderr, "expected a file of jobs and ONNX Runtime of API version %d or later\n", ORT_API_VERSION);
        return 1;
    }
    printf("about\tonnxruntime %s, gcc %s\n", OrtGetApiBase()->GetVersionString(), __VERSION__);
    Graph graph = {0};
    char line[4 * PATH];
    for (int number = 0; fgets(line, sizeof line, jobs) != NULL; number++) {
        line[strcspn(line, "\n")] = 0;
        char *rest = line;
        char *model = strtok_r(line, "\t", &rest), *inputs = strtok_r(NULL, "\t", &rest);
        char *outputs = strtok_r(NULL, "\t", &rest), *optimisations = strtok_r(NULL, "\t", &rest);
        if (model == NULL || inputs == NULL || outputs == NULL || optimisations == NULL) {
            fprintf(stderr, "line %d: expected four fields, found fewer\n", number + 1);
            return 1;
        }
        int same = graph.session != NULL && strcmp(graph.model, model) == 0
            && strcmp(graph.optimisations, optimisations) == 0;
        ours = 0;
        double taken = 0;
        if ((same || open_graph(&graph, model, optimisations, problem)) && run(&graph, inputs, outputs, &taken, problem)) {
            printf("done\t%d\t%f\n", number, taken);
        } else {
            for (char *c = problem; *c != 0; c++) {
                *c = isspace((unsigned char)*c) ? ' ' : *c;
            }
            printf("%s\t%d\t%s\n", ours ? "cannot" : "failed", number, problem);
        }
        fflush(stdout);
    }
    return 0;
}
