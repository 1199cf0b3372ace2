/** What binaries this process takes. */

/** Platform and architecture, as the prebuilt files are named; Linux without glibc is `linuxmusl`. */
export function currentTarget(): string {
  const musl = process.platform === "linux" && !usesGlibc();
  return `${process.platform}${musl ? "musl" : ""}-${process.arch}`;
}

function usesGlibc(): boolean {
  const report = process.report as (typeof process.report & { excludeNetwork?: boolean }) | undefined;
  if (!report) return true;
  // Without this the report may look up host names, which takes seconds on some networks.
  const before = report.excludeNetwork;
  report.excludeNetwork = true;
  try {
    const { header } = report.getReport() as { readonly header: { readonly glibcVersionRuntime?: string } };
    return header.glibcVersionRuntime !== undefined;
  } finally {
    if (before !== undefined) report.excludeNetwork = before;
  }
}
