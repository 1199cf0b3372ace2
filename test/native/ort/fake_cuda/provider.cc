// A CUDA provider, as far as its file goes: its version is a constant, and it is linked against
// CUDA's libraries. Tests write other versions over this one.

extern "C" __attribute__((visibility("default"))) const char* FakeProviderVersion() {
  return "1.987.654";
}
