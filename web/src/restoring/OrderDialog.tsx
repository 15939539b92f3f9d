/** "Put it back on a device": decide, read what will be done, send it. */

import { Modal } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { useState } from "react";

import { useWords } from "../words/words";
import type { Selection } from "../vault/types";
import { OrderForm } from "./OrderForm";
import { OrderSent } from "./OrderSent";
import { OrderSummary } from "./OrderSummary";
import type { OrderChoice } from "./orders";

interface Props {
  selection: Selection;
  onClose: () => void;
}

type Step = "decide" | "read" | "sent";

export function OrderDialog({ selection, onClose }: Props) {
  const words = useWords().restoring;
  const isNarrow = useMediaQuery("(max-width: 48em)") ?? false;
  const [step, setStep] = useState<Step>("decide");
  const [choice, setChoice] = useState<OrderChoice | null>(null);
  return (
    <Modal
      opened
      onClose={onClose}
      size="lg"
      fullScreen={isNarrow}
      title={words.order.title}
      closeButtonProps={{ "aria-label": words.cancel }}
    >
      {step === "decide" && (
        <OrderForm
          selection={selection}
          before={choice}
          onCancel={onClose}
          onDecided={(decided) => {
            setChoice(decided);
            setStep("read");
          }}
        />
      )}
      {step === "read" && choice && (
        <OrderSummary
          selection={selection}
          choice={choice}
          onBack={() => setStep("decide")}
          onSent={() => setStep("sent")}
        />
      )}
      {step === "sent" && choice && <OrderSent device={choice.device} onClose={onClose} />}
    </Modal>
  );
}
