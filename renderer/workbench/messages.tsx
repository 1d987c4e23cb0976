import { Button, Dialog, Heading, Modal, ModalOverlay } from 'react-aria-components';
import { useStore } from 'zustand';
import { useBench } from '../state/bench-context.ts';
import { en } from '../text/en.ts';

/** Everything that was said, newest first and in full: the status bar has room for the last sentence alone. */
export function Messages() {
  const bench = useBench();
  const open = useStore(bench.view, (view) => view.messagesOpen);
  const { said } = useStore(bench.announcer);
  const close = (): void => bench.view.setState({ messagesOpen: false });
  return (
    <ModalOverlay className="dialog-overlay" isOpen={open} onOpenChange={(now) => now || close()} isDismissable>
      <Modal className="dialog">
        <Dialog className="dialog-body">
          <Heading slot="title">{en.messages.title}</Heading>
          {/* A list that scrolls is reached by the keyboard. */}
          <ol className="messages" aria-label={en.messages.title} tabIndex={0}>
            {said.toReversed().map(({ id, text, level }) => (
              <li key={id}>
                {level === 'error' && <span className="severity error">{en.problems.error}</span>}
                <span className="message-text">{text}</span>
              </li>
            ))}
          </ol>
          {said.length === 0 && <p className="muted">{en.messages.none}</p>}
          <div className="dialog-answers">
            <Button className="button primary" autoFocus onPress={close}>
              {en.common.close}
            </Button>
          </div>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
