// A library of CUDA's, as far as names go.

extern "C" __attribute__((visibility("default"))) int FakeCudaLibrary() { return 0; }
