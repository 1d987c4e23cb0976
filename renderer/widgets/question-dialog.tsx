import { useState } from 'react';
import { Button, Dialog, Form, Heading, Input, Label, Modal, ModalOverlay, TextField } from 'react-aria-components';
import { useStore } from 'zustand';
import { useBench } from '../state/bench-context.ts';
import type { Question, Reply } from '../state/questions.ts';
import { en } from '../text/en.ts';

/** Asks the first question that waits. */
export function QuestionDialog() {
  const [asked] = useStore(useBench().questions).asked;
  if (asked === undefined) return null;
  return <OneQuestion key={asked.question.title} question={asked.question} reply={asked.reply} />;
}

function OneQuestion({ question, reply }: { question: Question; reply: (reply: Reply) => void }) {
  const { title, text: explanation, answers, field } = question;
  const [typed, setTyped] = useState(field?.value ?? '');
  const answer = (id: string | null): void => reply({ id, text: typed });
  return (
    <ModalOverlay className="dialog-overlay" isOpen onOpenChange={(open) => open || answer(null)} isDismissable>
      <Modal className="dialog">
        <Dialog role="alertdialog" className="dialog-body">
          <Form
            onSubmit={(event) => {
              event.preventDefault();
              answer(answers[0]!.id);
            }}
          >
            <Heading slot="title">{title}</Heading>
            <p>{explanation}</p>
            {field !== undefined && (
              <TextField className="field" autoFocus value={typed} onChange={setTyped}>
                <Label>{field.label}</Label>
                <Input list="question-suggestions" autoComplete="off" spellCheck="false" />
                <datalist id="question-suggestions">
                  {field.suggestions?.map((value) => (
                    <option key={value} value={value} />
                  ))}
                </datalist>
              </TextField>
            )}
            <div className="dialog-answers">
              {answers.map(({ id, label, danger }, index) => (
                <Button
                  key={id}
                  type={index === 0 ? 'submit' : 'button'}
                  autoFocus={index === 0 && field === undefined}
                  className={`button${index === 0 ? ' primary' : ''}${danger === true ? ' danger' : ''}`}
                  {...(index > 0 && { onPress: () => answer(id) })}
                >
                  {label}
                </Button>
              ))}
              {!answers.some(({ id }) => id === 'cancel') && (
                <Button className="button" onPress={() => answer(null)}>
                  {en.common.cancel}
                </Button>
              )}
            </div>
          </Form>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
