#pragma once

// The part of ONNX Runtime's C function table that quorate calls, declared by hand: no header of
// ONNX Runtime is needed to build. The table only ever grows at its end, so a slot's index holds
// for every library that offers kApiVersion (docs/boundary.md); the few that came later are asked
// for by ApiLibrary::Since(). The test ort-sys-check compares index, name and signature of every
// slot with an independent listing.

#include <cstddef>
#include <cstdint>

namespace quorate::ort {

// The version these slots belong to, and the oldest that has all of them but those that say so:
// ONNX Runtime 1.17.
inline constexpr uint32_t kApiVersion = 17;
inline constexpr uint32_t kAllocatorStatsVersion = 23;
inline constexpr uint32_t kAssignmentVersion = 24;
inline constexpr uint32_t kGraphReleaseVersion = 27;

struct OrtAllocator;
struct OrtCUDAProviderOptionsV2;
struct OrtEnv;
struct OrtEpAssignedNode;
struct OrtEpAssignedSubgraph;
struct OrtIoBinding;
struct OrtKeyValuePairs;
struct OrtMemoryInfo;
struct OrtRunOptions;
struct OrtSession;
struct OrtSessionOptions;
struct OrtStatus;
struct OrtTensorTypeAndShapeInfo;
struct OrtTypeInfo;
struct OrtValue;

enum OrtLoggingLevel : int {
  ORT_LOGGING_LEVEL_VERBOSE = 0,
  ORT_LOGGING_LEVEL_INFO = 1,
  ORT_LOGGING_LEVEL_WARNING = 2,
  ORT_LOGGING_LEVEL_ERROR = 3,
  ORT_LOGGING_LEVEL_FATAL = 4,
};

enum ONNXType : int {
  ONNX_TYPE_UNKNOWN = 0,
  ONNX_TYPE_TENSOR = 1,
  ONNX_TYPE_SEQUENCE = 2,
  ONNX_TYPE_MAP = 3,
  ONNX_TYPE_OPAQUE = 4,
  ONNX_TYPE_SPARSETENSOR = 5,
  ONNX_TYPE_OPTIONAL = 6,
};

enum ONNXTensorElementDataType : int {
  ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED = 0,
  ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT = 1,
  ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8 = 2,
  ONNX_TENSOR_ELEMENT_DATA_TYPE_INT8 = 3,
  ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT16 = 4,
  ONNX_TENSOR_ELEMENT_DATA_TYPE_INT16 = 5,
  ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32 = 6,
  ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64 = 7,
  ONNX_TENSOR_ELEMENT_DATA_TYPE_STRING = 8,
  ONNX_TENSOR_ELEMENT_DATA_TYPE_BOOL = 9,
  ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT16 = 10,
  ONNX_TENSOR_ELEMENT_DATA_TYPE_DOUBLE = 11,
  ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT32 = 12,
  ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT64 = 13,
  ONNX_TENSOR_ELEMENT_DATA_TYPE_BFLOAT16 = 16,
};

enum GraphOptimizationLevel : int { ORT_DISABLE_ALL = 0, ORT_ENABLE_ALL = 99 };
enum ExecutionMode : int { ORT_SEQUENTIAL = 0, ORT_PARALLEL = 1 };
enum OrtAllocatorType : int { OrtDeviceAllocator = 0, OrtArenaAllocator = 1 };
enum OrtMemType : int { OrtMemTypeDefault = 0 };
enum OrtMemoryInfoDeviceType : int {
  OrtMemoryInfoDeviceType_CPU = 0,
  OrtMemoryInfoDeviceType_GPU = 1,
};

using OrtLoggingFunction = void (*)(void* param, OrtLoggingLevel severity, const char* category,
                                    const char* logid, const char* code_location,
                                    const char* message);

// What the library's one exported function, OrtGetApiBase, returns.
struct OrtApiBase {
  const void* (*GetApi)(uint32_t version);
  const char* (*GetVersionString)();
};

// One function of the table: its index, and in its type, its signature.
template <typename Signature>
struct Slot {
  size_t index;
};

// The table. REQUIRES: the slot belongs to the version the table was asked for.
class Table {
 public:
  Table() = default;
  explicit Table(const void* api) : functions_(static_cast<const void* const*>(api)) {}

  template <typename Result, typename... Parameters>
  auto operator[](Slot<Result(Parameters...)> slot) const -> Result (*)(Parameters...) {
    // Data and function pointers are one size wherever dlsym exists.
    return reinterpret_cast<Result (*)(Parameters...)>(  // NOLINT
        const_cast<void*>(functions_[slot.index]));
  }

 private:
  const void* const* functions_ = nullptr;
};

namespace slot {

// Status. Functions that return OrtStatus* return nullptr for success; who gets one releases it.
inline constexpr Slot<const char*(const OrtStatus* status)> kGetErrorMessage{2};
inline constexpr Slot<void(OrtStatus* input)> kReleaseStatus{93};

// Environment: one per process; a second call returns the first one's, with its options.
inline constexpr Slot<OrtStatus*(OrtLoggingFunction logging_function, void* logger_param,
                                 OrtLoggingLevel log_severity_level, const char* logid,
                                 OrtEnv** out)>
    kCreateEnvWithCustomLogger{4};
inline constexpr Slot<OrtStatus*(const OrtEnv* env)> kDisableTelemetryEvents{6};

// Session options.
inline constexpr Slot<OrtStatus*(OrtSessionOptions** options)> kCreateSessionOptions{10};
inline constexpr Slot<OrtStatus*(OrtSessionOptions* options, ExecutionMode execution_mode)>
    kSetSessionExecutionMode{13};
inline constexpr Slot<OrtStatus*(OrtSessionOptions* options, const char* profile_file_prefix)>
    kEnableProfiling{14};
inline constexpr Slot<OrtStatus*(OrtSessionOptions* options)> kDisableMemPattern{17};
inline constexpr Slot<OrtStatus*(OrtSessionOptions* options, GraphOptimizationLevel level)>
    kSetSessionGraphOptimizationLevel{23};
inline constexpr Slot<OrtStatus*(OrtSessionOptions* options, int intra_op_num_threads)>
    kSetIntraOpNumThreads{24};
inline constexpr Slot<OrtStatus*(OrtSessionOptions* options, int inter_op_num_threads)>
    kSetInterOpNumThreads{25};
inline constexpr Slot<void(OrtSessionOptions* input)> kReleaseSessionOptions{100};
inline constexpr Slot<OrtStatus*(OrtSessionOptions* options, const char* config_key,
                                 const char* config_value)>
    kAddSessionConfigEntry{130};
inline constexpr Slot<OrtStatus*(
    OrtSessionOptions* options, OrtLoggingFunction user_logging_function, void* user_logging_param)>
    kSetUserLoggingFunction{266};

// The CUDA provider. Creating its options loads nothing; setting them loads the provider's library,
// and sets all that are not named back to their defaults.
inline constexpr Slot<OrtStatus*(OrtSessionOptions* options,
                                 const OrtCUDAProviderOptionsV2* cuda_options)>
    kSessionOptionsAppendExecutionProvider_CUDA_V2{204};
inline constexpr Slot<OrtStatus*(OrtCUDAProviderOptionsV2** out)> kCreateCUDAProviderOptions{205};
inline constexpr Slot<OrtStatus*(OrtCUDAProviderOptionsV2* cuda_options,
                                 const char* const* provider_options_keys,
                                 const char* const* provider_options_values, size_t num_keys)>
    kUpdateCUDAProviderOptions{206};
// For values that are no text: "user_compute_stream", a cudaStream_t. After the others.
inline constexpr Slot<OrtStatus*(OrtCUDAProviderOptionsV2* cuda_options, const char* key,
                                 void* value)>
    kUpdateCUDAProviderOptionsWithValue{263};
inline constexpr Slot<void(OrtCUDAProviderOptionsV2* input)> kReleaseCUDAProviderOptions{208};

// Sessions and what they take and give.
inline constexpr Slot<OrtStatus*(const OrtEnv* env, const char* model_path,
                                 const OrtSessionOptions* options, OrtSession** out)>
    kCreateSession{7};
inline constexpr Slot<OrtStatus*(const OrtEnv* env, const void* model_data,
                                 size_t model_data_length, const OrtSessionOptions* options,
                                 OrtSession** out)>
    kCreateSessionFromArray{8};
inline constexpr Slot<void(OrtSession* input)> kReleaseSession{95};
inline constexpr Slot<OrtStatus*(const OrtSession* session, size_t* out)> kSessionGetInputCount{30};
inline constexpr Slot<OrtStatus*(const OrtSession* session, size_t* out)> kSessionGetOutputCount{
    31};
inline constexpr Slot<OrtStatus*(const OrtSession* session, size_t index, OrtTypeInfo** type_info)>
    kSessionGetInputTypeInfo{33};
inline constexpr Slot<OrtStatus*(const OrtSession* session, size_t index, OrtTypeInfo** type_info)>
    kSessionGetOutputTypeInfo{34};
inline constexpr Slot<OrtStatus*(const OrtSession* session, size_t index, OrtAllocator* allocator,
                                 char** value)>
    kSessionGetInputName{36};
inline constexpr Slot<OrtStatus*(const OrtSession* session, size_t index, OrtAllocator* allocator,
                                 char** value)>
    kSessionGetOutputName{37};
inline constexpr Slot<OrtStatus*(OrtSession* session, OrtAllocator* allocator, char** out)>
    kSessionEndProfiling{110};
inline constexpr Slot<OrtStatus*(const OrtTypeInfo* type_info,
                                 const OrtTensorTypeAndShapeInfo** out)>
    kCastTypeInfoToTensorInfo{55};
inline constexpr Slot<OrtStatus*(const OrtTypeInfo* type_info, ONNXType* out)>
    kGetOnnxTypeFromTypeInfo{56};
inline constexpr Slot<void(OrtTypeInfo* input)> kReleaseTypeInfo{98};
inline constexpr Slot<OrtStatus*(const OrtTensorTypeAndShapeInfo* info,
                                 ONNXTensorElementDataType* out)>
    kGetTensorElementType{60};
inline constexpr Slot<OrtStatus*(const OrtTensorTypeAndShapeInfo* info, size_t* out)>
    kGetDimensionsCount{61};
inline constexpr Slot<OrtStatus*(const OrtTensorTypeAndShapeInfo* info, int64_t* dim_values,
                                 size_t dim_values_length)>
    kGetDimensions{62};
inline constexpr Slot<void(OrtTensorTypeAndShapeInfo* input)> kReleaseTensorTypeAndShapeInfo{99};

// Values over memory of ours, and memory of the library's.
inline constexpr Slot<OrtStatus*(const OrtMemoryInfo* info, void* p_data, size_t p_data_len,
                                 const int64_t* shape, size_t shape_len,
                                 ONNXTensorElementDataType type, OrtValue** out)>
    kCreateTensorWithDataAsOrtValue{49};
inline constexpr Slot<OrtStatus*(OrtValue* value, void** out)> kGetTensorMutableData{51};
inline constexpr Slot<OrtStatus*(const OrtValue* value, OrtTensorTypeAndShapeInfo** out)>
    kGetTensorTypeAndShape{65};
inline constexpr Slot<void(OrtValue* input)> kReleaseValue{96};
inline constexpr Slot<OrtStatus*(OrtAllocatorType type, OrtMemType mem_type, OrtMemoryInfo** out)>
    kCreateCpuMemoryInfo{69};
inline constexpr Slot<OrtStatus*(const char* name, OrtAllocatorType type, int id,
                                 OrtMemType mem_type, OrtMemoryInfo** out)>
    kCreateMemoryInfo{68};
inline constexpr Slot<void(OrtMemoryInfo* input)> kReleaseMemoryInfo{94};
inline constexpr Slot<OrtStatus*(const OrtValue* value, const OrtMemoryInfo** mem_info)>
    kGetTensorMemoryInfo{194};
inline constexpr Slot<OrtStatus*(const OrtMemoryInfo* ptr, int* out)> kMemoryInfoGetId{72};
inline constexpr Slot<void(const OrtMemoryInfo* ptr, OrtMemoryInfoDeviceType* out)>
    kMemoryInfoGetDeviceType{225};
inline constexpr Slot<OrtStatus*(OrtAllocator* ort_allocator, void* p)> kAllocatorFree{76};
inline constexpr Slot<OrtStatus*(OrtAllocator** out)> kGetAllocatorWithDefaultOptions{78};

// Runs.
inline constexpr Slot<OrtStatus*(OrtSession* session, const OrtRunOptions* run_options,
                                 const char* const* input_names, const OrtValue* const* inputs,
                                 size_t input_len, const char* const* output_names,
                                 size_t output_names_len, OrtValue** outputs)>
    kRun{9};
inline constexpr Slot<OrtStatus*(OrtRunOptions** out)> kCreateRunOptions{39};
inline constexpr Slot<OrtStatus*(OrtRunOptions* options)> kRunOptionsSetTerminate{46};
inline constexpr Slot<OrtStatus*(OrtRunOptions* options)> kRunOptionsUnsetTerminate{47};
inline constexpr Slot<OrtStatus*(OrtRunOptions* options, const char* config_key,
                                 const char* config_value)>
    kAddRunConfigEntry{165};
inline constexpr Slot<void(OrtRunOptions* input)> kReleaseRunOptions{97};
inline constexpr Slot<OrtStatus*(OrtSession* session, const OrtRunOptions* run_options,
                                 const OrtIoBinding* binding_ptr)>
    kRunWithBinding{133};
inline constexpr Slot<OrtStatus*(OrtSession* session, OrtIoBinding** out)> kCreateIoBinding{134};
inline constexpr Slot<void(OrtIoBinding* input)> kReleaseIoBinding{135};
inline constexpr Slot<OrtStatus*(OrtIoBinding* binding_ptr, const char* name,
                                 const OrtValue* val_ptr)>
    kBindInput{136};
inline constexpr Slot<OrtStatus*(OrtIoBinding* binding_ptr, const char* name,
                                 const OrtValue* val_ptr)>
    kBindOutput{137};

// A session's own allocators.
inline constexpr Slot<OrtStatus*(const OrtSession* session, const OrtMemoryInfo* mem_info,
                                 OrtAllocator** out)>
    kCreateAllocator{131};
inline constexpr Slot<void(OrtAllocator* input)> kReleaseAllocator{132};

// Since kAllocatorStatsVersion: how much an allocator has taken, as text under names.
inline constexpr Slot<OrtStatus*(const OrtAllocator* ort_allocator, OrtKeyValuePairs** out)>
    kAllocatorGetStats{319};
inline constexpr Slot<const char*(const OrtKeyValuePairs* kvps, const char* key)> kGetKeyValue{297};
inline constexpr Slot<void(OrtKeyValuePairs* input)> kReleaseKeyValuePairs{300};

// Since kAssignmentVersion: which provider each node of a session was given to.
inline constexpr Slot<OrtStatus*(const OrtSession* session,
                                 const OrtEpAssignedSubgraph* const** ep_subgraphs,
                                 size_t* num_ep_subgraphs)>
    kSession_GetEpGraphAssignmentInfo{407};
inline constexpr Slot<OrtStatus*(const OrtEpAssignedSubgraph* ep_subgraph, const char** out)>
    kEpAssignedSubgraph_GetEpName{408};
inline constexpr Slot<OrtStatus*(const OrtEpAssignedSubgraph* ep_subgraph,
                                 const OrtEpAssignedNode* const** ep_nodes, size_t* num_ep_nodes)>
    kEpAssignedSubgraph_GetNodes{409};
inline constexpr Slot<OrtStatus*(const OrtEpAssignedNode* ep_node, const char** out)>
    kEpAssignedNode_GetName{410};
inline constexpr Slot<OrtStatus*(const OrtEpAssignedNode* ep_node, const char** out)>
    kEpAssignedNode_GetOperatorType{412};

// Since kGraphReleaseVersion: lets one captured CUDA graph go before its session.
inline constexpr Slot<OrtStatus*(OrtSession* session, int graph_annotation_id)>
    kSessionReleaseCapturedGraph{421};

}  // namespace slot
}  // namespace quorate::ort
