#pragma once

#include <cstddef>

/// Our own declarations of what is used of ONNX Runtime's C interface. `OrtApi` is a table of function pointers that
/// only ever grows at its end, so positions are stable facts (onnxruntime_c_api.h; checked against 1.17 to 1.32).
namespace modelport::ort {

struct Status;
struct Env;
struct SessionOptions;
struct Session;
struct MemoryInfo;
struct Value;
struct TypeInfo;
struct TypeAndShape;
struct Allocator;

struct ApiBase {
  const void* const* (*get_api)(unsigned version);
  const char* (*version_string)();
};

/// The version of the table that is asked for; 17 is what ONNX Runtime 1.17 and every later one gives.
inline constexpr unsigned kApiVersion = 17;

enum Position : size_t {
  kGetErrorMessage = 2,
  kCreateEnv = 3,
  kCreateSession = 7,
  kCreateSessionFromArray = 8,
  kRun = 9,
  kCreateSessionOptions = 10,
  kDisableMemPattern = 17,
  kDisableCpuMemArena = 19,
  kSetSessionGraphOptimizationLevel = 23,
  kSetIntraOpNumThreads = 24,
  kSessionGetInputCount = 30,
  kSessionGetOutputCount = 31,
  kSessionGetInputTypeInfo = 33,
  kSessionGetInputName = 36,
  kSessionGetOutputName = 37,
  kCreateTensorWithDataAsOrtValue = 49,
  kGetTensorMutableData = 51,
  kCastTypeInfoToTensorInfo = 55,
  kGetTensorElementType = 60,
  kGetDimensionsCount = 61,
  kGetDimensions = 62,
  kGetTensorTypeAndShape = 65,
  kCreateCpuMemoryInfo = 69,
  kAllocatorFree = 76,
  kGetAllocatorWithDefaultOptions = 78,
  kReleaseEnv = 92,
  kReleaseStatus = 93,
  kReleaseMemoryInfo = 94,
  kReleaseSession = 95,
  kReleaseValue = 96,
  kReleaseTypeInfo = 98,
  kReleaseTensorTypeAndShapeInfo = 99,
  kReleaseSessionOptions = 100,
  kAddSessionConfigEntry = 130,
};

inline constexpr int kLoggingLevelFatal = 4;
inline constexpr int kDisableAllOptimizations = 0;
inline constexpr int kEnableAllOptimizations = 99;

}  // namespace modelport::ort
