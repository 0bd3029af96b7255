#pragma once

#include <dlfcn.h>
#include <onnxruntime_c_api.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace kanerva {

/** What is refused, and why: one sentence. */
struct Error : std::runtime_error {
    using std::runtime_error::runtime_error;
};

using Shape = std::vector<std::int64_t>;

/** Elements are row-major. */
struct Tensor {
    Shape shape;
    std::vector<float> data;
};

inline std::string text(const Shape& shape) {
    std::string joined;
    for (const std::int64_t size : shape) {
        joined += (joined.empty() ? "[" : ", ") + std::to_string(size);
    }
    return joined.empty() ? "[]" : joined + "]";
}

namespace detail {

/** ONNX Runtime, loaded once per process and never unloaded. */
class Engine {
public:
    static const Engine& get() {
        static const Engine engine;
        return engine;
    }

    /** Throws if a call failed. */
    void check(OrtStatus* status, const std::string& context) const {
        if (status != nullptr) {
            const std::string message = api->GetErrorMessage(status);
            api->ReleaseStatus(status);
            throw Error(context + " (" + message + ")");
        }
    }

    const OrtApi* api = nullptr;
    OrtEnv* environment = nullptr;
    OrtMemoryInfo* memory = nullptr;
    OrtAllocator* allocator = nullptr;

private:
    Engine() {
        // Version 1.29 reports to its maker as soon as it is loaded, unless this is set.
        setenv("ORT_DISABLE_TELEMETRY", "1", 0);
#ifdef __APPLE__
        const char* library = "libonnxruntime.dylib";
#else
        const char* library = "libonnxruntime.so";
#endif
        if (const char* path = std::getenv("ORT_DYLIB_PATH"); path != nullptr && *path != 0) {
            library = path;
        }
        const std::string expected =
            "ORT_DYLIB_PATH: expected ONNX Runtime's shared library there or in the system, found ";
        void* handle = dlopen(library, RTLD_NOW);
        if (handle == nullptr) {
            throw Error(expected + "none (" + dlerror() + ")");
        }
        const auto base = reinterpret_cast<const OrtApiBase* (*)()>(dlsym(handle, "OrtGetApiBase"));
        api = base == nullptr ? nullptr : base()->GetApi(ORT_API_VERSION);
        if (api == nullptr) {
            throw Error(expected + (base == nullptr ? "another library" : base()->GetVersionString()));
        }
        // Errors are thrown: the engine need not print them as well.
        check(api->CreateEnv(ORT_LOGGING_LEVEL_FATAL, "kanerva", &environment), "ONNX Runtime does not start");
        check(api->CreateCpuMemoryInfo(OrtArenaAllocator, OrtMemTypeDefault, &memory), "ONNX Runtime does not start");
        check(api->GetAllocatorWithDefaultOptions(&allocator), "ONNX Runtime does not start");
    }
};

/** Owns an object of ONNX Runtime. */
template <typename T, void (*OrtApi::*release)(T*)>
struct Release {
    void operator()(T* object) const { (Engine::get().api->*release)(object); }
};
template <typename T, void (*OrtApi::*release)(T*)>
using Owned = std::unique_ptr<T, Release<T, release>>;
using Value = Owned<OrtValue, &OrtApi::ReleaseValue>;

/** Results of a run by their names. */
struct Results {
    std::map<std::string, Tensor> floats;
    std::map<std::string, std::vector<std::int64_t>> integers;
};

/** A graph of a bundle. */
class Graph {
public:
    Graph(const std::string& folder, const std::string& name, const std::vector<std::string>& inputs,
        std::vector<std::string> outputs)
        : file_(folder + "/" + name + ".onnx"), outputs_(std::move(outputs)) {
        const Engine& ort = Engine::get();
        if (!std::ifstream(file_)) {
            // Bundles of earlier versions have no graphs of whole calls.
            throw Error(file_ + ": expected the bundle's graph, found no readable file"
                + (std::ifstream(folder + "/bundle.json") ? "; kpp renew adds it to an older bundle" : ""));
        }
        OrtSessionOptions* made = nullptr;
        ort.check(ort.api->CreateSessionOptions(&made), file_);
        const Owned<OrtSessionOptions, &OrtApi::ReleaseSessionOptions> options(made);
        ort.check(ort.api->SetIntraOpNumThreads(options.get(), 1), file_);
        OrtSession* opened = nullptr;
        ort.check(ort.api->CreateSession(ort.environment, file_.c_str(), options.get(), &opened),
            file_ + ": expected a graph that ONNX Runtime loads, found another");
        session_.reset(opened);
        for (std::size_t i = 0; i < count(&OrtApi::SessionGetInputCount); i++) {
            names_.push_back(this->name(&OrtApi::SessionGetInputName, i));
            shapes_[names_.back()] = inputShape(i);
        }
        std::vector<std::string> produced;
        for (std::size_t i = 0; i < count(&OrtApi::SessionGetOutputCount); i++) {
            produced.push_back(this->name(&OrtApi::SessionGetOutputName, i));
        }
        require("inputs", inputs, names_);
        require("outputs", outputs_, produced);
    }

    /** Refuses a graph whose input has another rank, or sizes from the third dimension on that are not fixed. */
    void check(const std::string& input, std::size_t rank) const {
        const Shape& found = shape(input);
        if (found.size() != rank || *std::min_element(found.begin() + 2, found.end()) < 1) {
            throw Error(file_ + ": expected " + std::to_string(rank) + " dimensions of '" + input
                + "', all but two fixed, found " + text(found));
        }
    }

    /** The text that the graph carries under a name; empty without it. */
    std::string metadata(const char* name) const {
        const Engine& ort = Engine::get();
        OrtModelMetadata* made = nullptr;
        ort.check(ort.api->SessionGetModelMetadata(session_.get(), &made), file_);
        const Owned<OrtModelMetadata, &OrtApi::ReleaseModelMetadata> all(made);
        char* found = nullptr;
        ort.check(ort.api->ModelMetadataLookupCustomMetadataMap(all.get(), ort.allocator, name, &found), file_);
        const std::string copy = found == nullptr ? "" : found;
        if (found != nullptr) {
            ort.check(ort.api->AllocatorFree(ort.allocator, found), file_);
        }
        return copy;
    }

    /** Dynamic sizes are -1. */
    const Shape& shape(const std::string& input) const { return shapes_.at(input); }

    /** Feeds those tensors that the graph takes. */
    Results run(const std::map<std::string, const Tensor*>& tensors) const {
        const Engine& ort = Engine::get();
        std::vector<Value> owned;
        std::vector<const OrtValue*> feeds;
        std::vector<const char*> names, wanted;
        for (const std::string& name : names_) {
            const auto found = tensors.find(name);
            if (found == tensors.end()) {
                throw Error(file_ + ": expected no input '" + name + "', found one");
            }
            const Tensor& tensor = *found->second;
            OrtValue* value = nullptr;
            ort.check(ort.api->CreateTensorWithDataAsOrtValue(ort.memory, const_cast<float*>(tensor.data.data()),
                          tensor.data.size() * sizeof(float), tensor.shape.data(), tensor.shape.size(),
                          ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT, &value),
                file_ + ": expected a tensor for '" + name + "', found none");
            owned.emplace_back(value);
            feeds.push_back(value);
            names.push_back(name.c_str());
        }
        for (const std::string& name : outputs_) {
            wanted.push_back(name.c_str());
        }
        std::vector<OrtValue*> results(outputs_.size());
        OrtStatus* status = ort.api->Run(session_.get(), nullptr, names.data(), feeds.data(), feeds.size(),
            wanted.data(), wanted.size(), results.data());
        for (OrtValue* result : results) {
            owned.emplace_back(result);
        }
        ort.check(status, file_ + ": expected a run without errors, found one");
        Results taken;
        for (std::size_t i = 0; i < results.size(); i++) {
            take(outputs_[i], results[i], taken);
        }
        return taken;
    }

private:
    using Count = decltype(&OrtApi::SessionGetInputCount);
    using Name = decltype(&OrtApi::SessionGetInputName);

    std::size_t count(Count of) const {
        std::size_t number = 0;
        Engine::get().check((Engine::get().api->*of)(session_.get(), &number), file_);
        return number;
    }

    std::string name(Name of, std::size_t index) const {
        const Engine& ort = Engine::get();
        char* found = nullptr;
        ort.check((ort.api->*of)(session_.get(), index, ort.allocator, &found), file_);
        std::string copy = found;
        ort.check(ort.api->AllocatorFree(ort.allocator, found), file_);
        return copy;
    }

    Shape inputShape(std::size_t index) const {
        const Engine& ort = Engine::get();
        OrtTypeInfo* found = nullptr;
        ort.check(ort.api->SessionGetInputTypeInfo(session_.get(), index, &found), file_);
        const Owned<OrtTypeInfo, &OrtApi::ReleaseTypeInfo> type(found);
        const OrtTensorTypeAndShapeInfo* info = nullptr;
        ort.check(ort.api->CastTypeInfoToTensorInfo(type.get(), &info), file_);
        return info == nullptr ? Shape{} : dimensions(info);
    }

    Shape dimensions(const OrtTensorTypeAndShapeInfo* info) const {
        const Engine& ort = Engine::get();
        std::size_t rank = 0;
        ort.check(ort.api->GetDimensionsCount(info, &rank), file_);
        Shape shape(rank);
        ort.check(ort.api->GetDimensions(info, shape.data(), rank), file_);
        return shape;
    }

    void require(const std::string& what, const std::vector<std::string>& wanted,
        const std::vector<std::string>& found) const {
        for (const std::string& name : wanted) {
            if (std::find(found.begin(), found.end(), name) == found.end()) {
                std::string all;
                for (const std::string& other : found) {
                    all += " '" + other + "'";
                }
                throw Error(file_ + ": expected '" + name + "' among its " + what + ", found" + all);
            }
        }
    }

    void take(const std::string& name, const OrtValue* value, Results& results) const {
        const Engine& ort = Engine::get();
        OrtTensorTypeAndShapeInfo* found = nullptr;
        ort.check(ort.api->GetTensorTypeAndShape(value, &found), file_);
        const Owned<OrtTensorTypeAndShapeInfo, &OrtApi::ReleaseTensorTypeAndShapeInfo> info(found);
        ONNXTensorElementDataType type{};
        ort.check(ort.api->GetTensorElementType(info.get(), &type), file_);
        std::size_t elements = 0;
        ort.check(ort.api->GetTensorShapeElementCount(info.get(), &elements), file_);
        void* data = nullptr;
        ort.check(ort.api->GetTensorMutableData(const_cast<OrtValue*>(value), &data), file_);
        const bool whole = name == "sample";
        if (type != (whole ? ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64 : ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT)) {
            throw Error(file_ + ": expected " + (whole ? "int64" : "float32") + " in '" + name
                + "', found ONNX Runtime's type " + std::to_string(type));
        }
        if (whole) {
            const auto* integers = static_cast<const std::int64_t*>(data);
            results.integers[name].assign(integers, integers + elements);
        } else {
            const auto* floats = static_cast<const float*>(data);
            if (!std::all_of(floats, floats + elements, [](float number) { return std::isfinite(number); })) {
                throw Error(file_ + ": expected finite numbers in '" + name + "', found others");
            }
            results.floats[name] = {dimensions(info.get()), {floats, floats + elements}};
        }
    }

    std::string file_;
    std::vector<std::string> names_, outputs_;
    std::map<std::string, Shape> shapes_;
    Owned<OrtSession, &OrtApi::ReleaseSession> session_;
};

}  // namespace detail
}  // namespace kanerva
