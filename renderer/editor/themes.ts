import { monaco } from './monaco.ts';

// The colours of the page's own stylesheet, so that the editor does not stand out.
monaco.editor.defineTheme('exitlab-light', {
  base: 'vs',
  inherit: true,
  rules: [
    { token: 'comment', foreground: '4f5f4f' },
    { token: 'number', foreground: '096d4a' },
    { token: 'string', foreground: 'a31515' },
  ],
  colors: {
    'editor.background': '#ffffff',
    'editor.foreground': '#1c2024',
    'editorLineNumber.foreground': '#5f6872',
    'editorLineNumber.activeForeground': '#1c2024',
    focusBorder: '#0a58b8',
  },
});
monaco.editor.defineTheme('exitlab-dark', {
  base: 'vs-dark',
  inherit: true,
  rules: [{ token: 'comment', foreground: '8fb573' }],
  colors: {
    'editor.background': '#1e1f22',
    'editor.foreground': '#e7e8ea',
    'editorLineNumber.foreground': '#9aa1aa',
    'editorLineNumber.activeForeground': '#e7e8ea',
    focusBorder: '#77b6ff',
  },
});

export const themeName = (theme: 'light' | 'dark'): string => `exitlab-${theme}`;
