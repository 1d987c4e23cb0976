/** The matrix. */
export function ConfigurePane() {
  return <p className="pane-note">…</p>;
}
