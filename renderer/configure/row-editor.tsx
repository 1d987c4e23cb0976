import { useState } from 'react';
import { Button, Dialog, Form, Heading, Input, Label, Modal, ModalOverlay, TextField } from 'react-aria-components';
import { cpuModels, type Configuration } from '../../core/index.ts';
import { AXIS_OPTIONS } from '../state/axes.ts';
import type { MatrixRow } from '../state/matrix.ts';
import { en } from '../text/en.ts';
import { SingleSelect } from '../widgets/single-select.tsx';
import { contradictionOf } from './contradiction.ts';

const { configure: text } = en;

interface Props {
  readonly row: MatrixRow;
  readonly onClose: () => void;
  readonly onChange: (name: string, configuration: Configuration) => void;
}

/** Names a configuration; a copy can be changed in every field. */
export function RowEditor({ row, onClose, onChange }: Props) {
  const [name, setName] = useState(row.configuration.name);
  const [configuration, setConfiguration] = useState(row.configuration);
  const set = (change: Partial<Configuration>): void => setConfiguration((now) => ({ ...now, ...change }));
  const contradiction = contradictionOf(configuration);
  const pick = (
    label: string,
    axis: 'kernels' | 'designs' | 'mitigations',
    field: 'kernel' | 'design' | 'mitigations',
  ) => (
    <SingleSelect
      label={label}
      options={AXIS_OPTIONS[axis]}
      value={configuration[field]}
      onChange={(value) => set({ [field]: value })}
    />
  );
  return (
    <ModalOverlay className="dialog-overlay" isOpen onOpenChange={(open) => open || onClose()} isDismissable>
      <Modal className="dialog">
        <Dialog className="dialog-body">
          <Form
            onSubmit={(event) => {
              event.preventDefault();
              onChange(name, configuration);
            }}
          >
            <Heading slot="title">{text.editTitle(row.configuration.name)}</Heading>
            <TextField className="field" autoFocus value={name} onChange={setName} maxLength={200}>
              <Label>{text.name}</Label>
              <Input />
            </TextField>
            {row.copy ? (
              <div className="axes">
                <SingleSelect
                  label={text.fields.cpu}
                  options={AXIS_OPTIONS.cpus}
                  value={configuration.cpu}
                  onChange={(cpu) => {
                    const amd = cpuModels.find(({ id }) => id === cpu)?.vendor === 'amd';
                    set({ cpu, mmu: configuration.mmu === 'shadow' ? 'shadow' : amd ? 'npt' : 'ept' });
                  }}
                />
                {pick(text.fields.kernel, 'kernels', 'kernel')}
                {pick(text.fields.design, 'designs', 'design')}
                {pick(text.fields.mitigations, 'mitigations', 'mitigations')}
                <SingleSelect
                  label={text.fields.hostPage}
                  options={AXIS_OPTIONS.hostPages}
                  value={configuration.hostPage}
                  onChange={(hostPage) => set({ hostPage: hostPage as Configuration['hostPage'] })}
                />
                <SingleSelect
                  label={text.fields.vpid}
                  options={[text.on, text.off].map((id) => ({ id, title: id, about: '' }))}
                  value={configuration.vpid ? text.on : text.off}
                  onChange={(value) => set({ vpid: value === text.on })}
                />
                <SingleSelect
                  label={text.fields.nestedHost}
                  options={[text.bare, text.nested].map((id) => ({ id, title: id, about: '' }))}
                  value={configuration.nestedHost ? text.nested : text.bare}
                  onChange={(value) => set({ nestedHost: value === text.nested })}
                />
              </div>
            ) : (
              <p className="muted">{text.madeByAxes}</p>
            )}
            <p className="field-error" role="status">
              {contradiction}
            </p>
            <div className="dialog-answers">
              <Button type="submit" className="button primary">
                {en.common.ok}
              </Button>
              <Button className="button" onPress={onClose}>
                {en.common.cancel}
              </Button>
            </div>
          </Form>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
