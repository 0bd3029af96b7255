/* Recall and write through ONNX Runtime's C API: the same graphs, threads, options and surrounding work as in the
 * Java runtime. Prints "c CASE MICROSECONDS" (the complete call) and "c-graph CASE MICROSECONDS" (OrtApi::Run
 * alone). */
#include <math.h>
#include <onnxruntime_c_api.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { EPISODE = 32, IMAGES = 64, MAX_TIMES = 200000 };

static const OrtApi *ort;
static OrtEnv *environment;
static OrtMemoryInfo *memory_info;
static int image_size, keys_size;
static int64_t sizes[10]; /* Cx Hx Wx C H W h w K D */

static void check(OrtStatus *status) {
    if (status) {
        fprintf(stderr, "%s\n", ort->GetErrorMessage(status));
        exit(1);
    }
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1e6 + t.tv_nsec * 1e-3;
}

/* Thread CPU time, as on all sides: it is almost unaffected by other processes. */
static double spent(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return t.tv_sec * 1e6 + t.tv_nsec * 1e-3;
}

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static FILE *open_file(const char *folder, const char *name) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    if (!file) {
        fprintf(stderr, "%s: expected a readable file, found none\n", path);
        exit(1);
    }
    return file;
}

static OrtSession *open_session(const char *folder, const char *name) {
    char path[4096];
    OrtSessionOptions *options;
    OrtSession *session;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    check(ort->CreateSessionOptions(&options));
    check(ort->SetIntraOpNumThreads(options, 1));
    check(ort->SetInterOpNumThreads(options, 1));
    check(ort->AddSessionConfigEntry(options, "session.intra_op.allow_spinning", "0"));
    check(ort->CreateSession(environment, path, options, &session));
    ort->ReleaseSessionOptions(options);
    return session;
}

static OrtValue *tensor(float *data, int rank, const int64_t *shape) {
    int64_t count = 1;
    OrtValue *value;
    for (int i = 0; i < rank; i++) count *= shape[i];
    check(ort->CreateTensorWithDataAsOrtValue(memory_info, data, count * sizeof(float), shape, rank,
                                              ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT, &value));
    return value;
}

static float *floats(int64_t count) { return calloc(count, sizeof(float)); }

/* A recall of q queries from one memory. */
typedef struct {
    OrtSession *session;
    int q;
    float *queries, *keys, *recalled;
    const float *pointers;
    const double *columns; /* [features][EPISODE] */
    double *row;
    OrtValue *inputs[2], *outputs[1];
} Recall;

static void run_reader(Recall *r) {
    static const char *inputs[] = {"memory", "pointers"}, *outputs[] = {"contents"};
    check(ort->Run(r->session, NULL, inputs, (const OrtValue *const *)r->inputs, 2, outputs, 1, r->outputs));
}

/* Pixels minus their mean, then the mean, normalised to unit length. */
static void standardise(const float *image, double *row) {
    double sum = 0, squares;
    for (int i = 0; i < image_size; i++) sum += image[i];
    double mean = sum / image_size, level = 0.1 * sqrt(image_size) * (mean - 0.5);
    squares = level * level;
    for (int i = 0; i < image_size; i++) {
        row[i] = image[i] - mean;
        squares += row[i] * row[i];
    }
    row[image_size] = level;
    double scale = squares == 0 ? 0 : 1 / sqrt(squares);
    for (int i = 0; i <= image_size; i++) row[i] *= scale;
}

static void recall(Recall *r) {
    for (int q = 0; q < r->q; q++) {
        double scores[EPISODE] = {0};
        int best = 0;
        standardise(r->queries + q * image_size, r->row);
        for (int f = 0; f <= image_size; f++)
            for (int s = 0; s < EPISODE; s++) scores[s] += r->row[f] * r->columns[f * EPISODE + s];
        for (int s = 1; s < EPISODE; s++)
            if (scores[s] > scores[best]) best = s;
        memcpy(r->keys + q * keys_size, r->pointers + best * keys_size, keys_size * sizeof(float));
    }
    run_reader(r);
}

static Recall new_recall(OrtSession *session, float *memory, int q) {
    Recall r = {.session = session,
                .q = q,
                .queries = floats(q * image_size),
                .keys = floats(q * keys_size),
                .recalled = floats(q * image_size),
                .row = calloc(image_size + 1, sizeof(double))};
    r.inputs[0] = tensor(memory, 4, (int64_t[]){1, sizes[3], sizes[4], sizes[5]});
    r.inputs[1] = tensor(r.keys, 4, (int64_t[]){1, q, sizes[8], 3});
    r.outputs[0] = tensor(r.recalled, 5, (int64_t[]){1, q, sizes[0], sizes[1], sizes[2]});
    return r;
}

/* A write of b episodes of t images. */
typedef struct {
    OrtSession *session;
    float *images, *memory, *pointers;
    int memory_size; /* of all episodes: as many rows of slots as the samples take */
    OrtValue *inputs[1], *outputs[2];
} Write;

static void run_writer(Write *w) {
    static const char *inputs[] = {"images"}, *outputs[] = {"memory", "pointers"};
    check(ort->Run(w->session, NULL, inputs, (const OrtValue *const *)w->inputs, 1, outputs, 2, w->outputs));
}

static Write new_write(OrtSession *session, const float *images, int b, int t) {
    int columns = sizes[5] / sizes[7];
    int height = (t * sizes[8] + columns - 1) / columns * sizes[6];
    int memory_size = b * sizes[3] * height * sizes[5];
    Write w = {.session = session,
               .images = floats(b * t * image_size),
               .memory = floats(memory_size),
               .memory_size = memory_size,
               .pointers = floats(b * t * keys_size)};
    memcpy(w.images, images, b * t * image_size * sizeof(float));
    w.inputs[0] = tensor(w.images, 5, (int64_t[]){b, t, sizes[0], sizes[1], sizes[2]});
    w.outputs[0] = tensor(w.memory, 4, (int64_t[]){b, sizes[3], height, sizes[5]});
    w.outputs[1] = tensor(w.pointers, 4, (int64_t[]){b, t, sizes[8], 3});
    return w;
}

static void report(const char *side, const char *name, int n, double seconds, void (*call)(void *), void *argument) {
    static double times[MAX_TIMES];
    int count = 0;
    for (double end = now() + seconds * 0.5e6; now() < end;) call(argument);
    for (double end = now() + seconds * 1e6; count < 5 || (now() < end && count < MAX_TIMES);) {
        double start = spent();
        call(argument);
        times[count++] = spent() - start;
    }
    qsort(times, count, sizeof(double), by_value);
    printf("%s %s-%d %.2f\n", side, name, n, times[count / 2]);
}

static void print_check(const char *name, int n, const float *values, int count) {
    double sum = 0;
    for (int i = 0; i < count; i++) sum += values[i];
    printf("check %s-%d %.4f\n", name, n, sum);
}

int main(int argc, char **argv) {
    if (argc != 3) {
        fprintf(stderr, "expected FOLDER SECONDS\n");
        return 2;
    }
    char bundle[4096];
    double seconds = atof(argv[2]);
    snprintf(bundle, sizeof bundle, "%s/bundle", argv[1]);
    FILE *file = open_file(argv[1], "sizes.txt");
    for (int i = 0; i < 10; i++) {
        long long size;
        if (fscanf(file, "%lld", &size) != 1) return 1;
        sizes[i] = size;
    }
    fclose(file);
    image_size = sizes[0] * sizes[1] * sizes[2];
    keys_size = sizes[8] * 3;
    float *images = floats(IMAGES * image_size);
    file = open_file(argv[1], "images.f32");
    if (fread(images, sizeof(float), IMAGES * image_size, file) != (size_t)(IMAGES * image_size)) return 1;
    fclose(file);

    ort = OrtGetApiBase()->GetApi(ORT_API_VERSION);
    check(ort->CreateEnv(ORT_LOGGING_LEVEL_FATAL, "bench", &environment));
    check(ort->CreateCpuMemoryInfo(OrtArenaAllocator, OrtMemTypeDefault, &memory_info));
    OrtSession *writer = open_session(bundle, "write.onnx");
    OrtSession *reader = open_session(bundle, "index.onnx");

    Write written = new_write(writer, images, 1, EPISODE);
    run_writer(&written);
    Recall contents = new_recall(reader, written.memory, EPISODE);
    memcpy(contents.keys, written.pointers, EPISODE * keys_size * sizeof(float));
    run_reader(&contents);
    double *columns = calloc((image_size + 1) * EPISODE, sizeof(double)), *row = calloc(image_size + 1, sizeof(double));
    for (int s = 0; s < EPISODE; s++) {
        standardise(contents.recalled + s * image_size, row);
        for (int f = 0; f <= image_size; f++) columns[f * EPISODE + s] = row[f];
    }
    for (int i = 0; i < 3; i++) {
        int n = (int[]){1, 16, 64}[i];
        Recall r = new_recall(reader, written.memory, n);
        memcpy(r.queries, images, n * image_size * sizeof(float));
        r.pointers = written.pointers;
        r.columns = columns;
        report("c", "recall", n, seconds, (void (*)(void *))recall, &r);
        report("c-graph", "recall", n, seconds, (void (*)(void *))run_reader, &r);
        print_check("recall", n, r.recalled, n * image_size);
    }
    for (int i = 0; i < 3; i++) {
        int n = (int[]){1, 16, 64}[i], b = (n + EPISODE - 1) / EPISODE;
        Write w = new_write(writer, images, b, n / b);
        report("c", "write", n, seconds, (void (*)(void *))run_writer, &w);
        print_check("write", n, w.memory, w.memory_size);
    }
    return 0;
}
