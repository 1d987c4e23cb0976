import { Component, type ReactNode } from 'react';
import { Button } from 'react-aria-components';
import { en } from '../text/en.ts';

interface Props {
  readonly title: string;
  /** A new value gives the children another chance. */
  readonly resetKey?: string;
  readonly children: ReactNode;
}

/** Keeps a pane that throws from taking the window with it. */
export class ErrorBoundary extends Component<Props, { problem: string | null }> {
  override state = { problem: null as string | null };

  static getDerivedStateFromError(error: unknown): { problem: string } {
    return { problem: error instanceof Error ? error.message : String(error) };
  }

  override componentDidUpdate(before: Props): void {
    if (before.resetKey !== this.props.resetKey && this.state.problem !== null) this.setState({ problem: null });
  }

  override render(): ReactNode {
    if (this.state.problem === null) return this.props.children;
    return (
      <div className="pane-note" role="alert">
        <p>{en.panes.failed(this.props.title, this.state.problem)}</p>
        <Button className="button" onPress={() => this.setState({ problem: null })}>
          {en.common.retry}
        </Button>
      </div>
    );
  }
}
