import { Command } from 'commander';
import { type CommonOptions, printResult } from '../print-result.js';

/** `segnet-stream doctor`: checks what the commands need, and says how to get what is missing. */
export function createDoctorCommand(): Command {
  return new Command('doctor')
    .description('Looks for ffmpeg, engines, the hardware that they can use, and weights: each is tried, not guessed.')
    .addHelpText('after', EXAMPLES)
    .action(async (flags: CommonOptions) => {
      const { doctor, renderFindings } = await import('../doctor.js');
      const findings = await doctor();
      printResult(flags, findings, renderFindings(findings));
    });
}

const EXAMPLES = `
Examples:
  segnet-stream doctor
  segnet-stream doctor --json`;
