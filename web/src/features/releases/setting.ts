/** Setting the rollout; the page shows at once what the server made of it. */

import { useMutation, useQueryClient } from "@tanstack/react-query";

import { setRollout } from "../../api/actions";
import type { Rollout } from "../../api/client";
import { rolloutQuery } from "../../api/queries";

export function useSetRollout(done: () => void) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (rollout: Rollout) => setRollout(rollout),
    onSuccess: (overview) => {
      queries.setQueryData(rolloutQuery.queryKey, overview);
      done();
    },
  });
}
