#pragma once

#include <cstddef>
#include <cstdint>

/// Our own declarations of what is used of OpenVINO's C interface (openvino/c, the same functions in 2023.0 to 2026.4).
/// The numbers of element types are not the same in all releases, so none is written down here: see ElementCodes in
/// openvino.cpp.
namespace modelport::ov {

using Status = int;  ///< 0 is success.
using ElementCode = int;

struct Core;
struct Model;
struct CompiledModel;
struct InferRequest;
struct Tensor;
struct ConstPort;

/// ov_version_t.
struct Version {
  const char* build_number = nullptr;  ///< "2026.4.1-22982-e213a147257-releases/2026/4"
  const char* description = nullptr;
};

/// ov_shape_t.
struct Shape {
  int64_t rank = 0;
  int64_t* dims = nullptr;
};

/// ov_dimension_t and ov_partial_shape_t: sizes from min to max, equal where they are fixed.
struct Dimension {
  int64_t min = 0, max = 0;
};
struct PartialShape {
  Dimension rank;
  Dimension* dims = nullptr;
};

/// The functions, under the names that the library exports them by. Every one must be there.
struct Api {
  Status (*ov_get_openvino_version)(Version*);
  void (*ov_version_free)(Version*);
  const char* (*ov_get_error_info)(Status);
  const char* (*ov_get_last_err_msg)();
  void (*ov_free)(const char*);
  Status (*ov_core_create)(Core**);
  Status (*ov_core_read_model)(const Core*, const char* model_path, const char* weights_path, Model**);
  Status (*ov_core_read_model_from_memory_buffer)(const Core*, const char* model, size_t bytes, const Tensor* weights,
                                                  Model**);
  /// Pairs of strings follow; `strings` is their number.
  Status (*ov_core_compile_model)(const Core*, const Model*, const char* device, size_t strings, CompiledModel**, ...);
  void (*ov_model_free)(Model*);
  Status (*ov_model_const_input_by_index)(const Model*, size_t, ConstPort**);
  Status (*ov_compiled_model_inputs_size)(const CompiledModel*, size_t*);
  Status (*ov_compiled_model_input_by_index)(const CompiledModel*, size_t, ConstPort**);
  Status (*ov_compiled_model_outputs_size)(const CompiledModel*, size_t*);
  Status (*ov_compiled_model_output_by_index)(const CompiledModel*, size_t, ConstPort**);
  Status (*ov_compiled_model_create_infer_request)(const CompiledModel*, InferRequest**);
  void (*ov_compiled_model_free)(CompiledModel*);
  Status (*ov_port_get_any_name)(const ConstPort*, char**);
  Status (*ov_port_get_partial_shape)(const ConstPort*, PartialShape*);
  void (*ov_partial_shape_free)(PartialShape*);
  Status (*ov_port_get_element_type)(const ConstPort*, ElementCode*);
  void (*ov_output_const_port_free)(ConstPort*);
  Status (*ov_infer_request_get_tensor)(const InferRequest*, const char* name, Tensor**);
  Status (*ov_infer_request_get_input_tensor_by_index)(const InferRequest*, size_t, Tensor**);
  Status (*ov_infer_request_get_output_tensor_by_index)(const InferRequest*, size_t, Tensor**);
  Status (*ov_infer_request_infer)(InferRequest*);
  void (*ov_infer_request_free)(InferRequest*);
  Status (*ov_tensor_create_from_host_ptr)(ElementCode, Shape, void*, Tensor**);
  Status (*ov_tensor_set_shape)(Tensor*, Shape);
  Status (*ov_tensor_get_shape)(const Tensor*, Shape*);
  Status (*ov_tensor_get_element_type)(const Tensor*, ElementCode*);
  Status (*ov_tensor_get_byte_size)(const Tensor*, size_t*);
  Status (*ov_tensor_data)(const Tensor*, void**);
  void (*ov_tensor_free)(Tensor*);
  Status (*ov_shape_free)(Shape*);
};

}  // namespace modelport::ov
