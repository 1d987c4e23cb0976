import { createStore } from 'zustand/vanilla';

/** Whether the dialog is asked for. */
export const calibrateDialog = createStore<{ readonly open: boolean }>(() => ({ open: false }));

export const openCalibrate = (): void => calibrateDialog.setState({ open: true });
export const closeCalibrate = (): void => calibrateDialog.setState({ open: false });
