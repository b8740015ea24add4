/** The processor time that this process has taken since an earlier `process.cpuUsage()`, ms. */
export function cpuMsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/** The peak of this process's resident memory so far. */
export function peakBytes(): number {
  return process.resourceUsage().maxRSS * 1024;
}
