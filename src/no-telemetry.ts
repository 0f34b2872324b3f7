// The first import of every entry. ONNX Runtime 1.30's builds for Linux send usage data to their maker and keep a data base of it
// under the home folder unless this is set before the library loads (onnxruntime/core/platform/posix/telemetry.cc).
process.env.ORT_DISABLE_TELEMETRY = '1';
