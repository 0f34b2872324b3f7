"""Prints the model of src/runtime/probe-child.ts: a convolution of 3×3 pixels with the weights 1 … 9.

Needs: onnx 1.23.
"""

import base64

from onnx import TensorProto, checker, helper

graph = helper.make_graph(
    [helper.make_node("Conv", ["x", "w"], ["y"])],
    "probe",
    [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 1, 3, 3])],
    [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 1, 1, 1])],
    [helper.make_tensor("w", TensorProto.FLOAT, [1, 1, 3, 3], range(1, 10))],
)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
checker.check_model(model)
print(base64.b64encode(model.SerializeToString()).decode())
