/** The words of the system's own dialogs and menus; the commands' titles are the window's. */
export const text = {
  noStart: 'Exitlab cannot start',
  scripts: 'Access scripts',
  results: 'Results',
  readable: 'Scripts and results',
  allFiles: 'All files',
  unsaved: {
    message: (count: number): string =>
      count === 1 ? 'A text is not saved in a file.' : `${count} texts are not saved in a file.`,
    detail: (names: readonly string[]): string =>
      `${names.join('\n')}\n\nWithout saving they are kept as drafts and come back at the next start.`,
    save: 'Save all',
    leave: 'Close without saving',
    stay: 'Cancel',
  },
  crashed: {
    message: 'The window stopped working and was started again.',
    detail: (reason: string): string => `Unsaved texts came back from their drafts. Reason: ${reason}.`,
    again: 'The window keeps ending.',
    againDetail: (reason: string): string => `Unsaved texts are kept as drafts. Reason: ${reason}.`,
    reload: 'Start it again',
    quit: 'Quit',
  },
  hung: {
    message: 'The window does not answer.',
    detail: 'It can be waited for, or started again; unsaved texts come back from their drafts.',
    wait: 'Wait',
    reload: 'Start it again',
  },
  menu: {
    recent: 'Open recent',
    noRecent: 'No files yet',
    panes: 'Panes',
    colours: 'Colours',
    developer: 'Developer tools',
    quit: 'Quit',
  },
} as const;
