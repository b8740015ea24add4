/** The hidden folder beside outputs that holds the notes and locks on them; see docs/outputs.md. */
export const NOTES_FOLDER = '.segnet-stream';
