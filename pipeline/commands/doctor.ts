import { Command } from 'commander';
import { type CommonOptions, printResult } from '../print-result.js';

/** `segnet-stream doctor`: what is there of all that the commands need, and how to get the rest. */
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
