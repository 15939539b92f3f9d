/** What the pages ask the server to change. Secrets stay with `lib/unlocking`; proofs go out. */

import { withKeys, type Secret } from "../lib/unlocking";
import {
  type Account,
  api,
  type NewOrder,
  type OrderDraft,
  type OrderPlan,
  type ReleaseOverview,
  type Rollout,
  take,
} from "./client";

/** Sign in, and make sure that the server shows the account's true keys. */
export async function signIn(name: string, secret: Secret): Promise<Account> {
  const { account_id, kdf } = await take(api.POST("/api/v1/kdf", { body: { account: name } }));
  return withKeys(async (ask) => {
    const proof = await ask("prove", { accountId: account_id, kdf, secret });
    const session = await take(api.POST("/api/v1/sessions", { body: { account: name, ...proof } }));
    try {
      await ask("confirm", { account: session.account, secret });
    } catch (error) {
      await signOut(); // a server that shows other keys gets nothing more from us
      throw error;
    }
    return session.account;
  });
}

export interface Registered {
  account: Account;
  recoveryKey: string;
}

/** A new account; the recovery key in the answer is nowhere else. */
export async function register(
  name: string,
  password: string,
  invitation: string,
): Promise<Registered> {
  const { recoveryKey, ...made } = await withKeys((ask) => ask("makeAccount", { password }));
  const session = await take(api.POST("/api/v1/accounts", { body: { name, invitation, ...made } }));
  return { account: session.account, recoveryKey };
}

export async function signOut(): Promise<void> {
  await take(api.DELETE("/api/v1/sessions/current"));
}

export async function changePassword(
  account: Account,
  secret: Secret,
  newPassword: string,
): Promise<Account> {
  const body = await withKeys((ask) => ask("changePassword", { account, secret, newPassword }));
  return take(api.PUT("/api/v1/account/password", { body }));
}

export async function changeRecovery(account: Account, secret: Secret): Promise<Registered> {
  const { recoveryKey, ...body } = await withKeys((ask) =>
    ask("changeRecovery", { account, secret }),
  );
  return { account: await take(api.PUT("/api/v1/account/recovery", { body })), recoveryKey };
}

export async function endSession(session: string): Promise<void> {
  await take(api.DELETE("/api/v1/account/sessions/{session}", { params: { path: { session } } }));
}

export async function endOtherSessions(): Promise<void> {
  await take(api.DELETE("/api/v1/account/sessions"));
}

export async function renameDevice(device: string, name: string): Promise<void> {
  const params = { path: { device } };
  await take(api.PATCH("/api/v1/devices/{device}", { params, body: { name } }));
}

/** Let the account be deleted; `name` as the person typed it. */
export async function askDeletion(account: Account, secret: Secret, name: string): Promise<void> {
  const { account_id: accountId, kdf } = account;
  const proof = await withKeys((ask) => ask("prove", { accountId, kdf, secret }));
  const body = { name, proof: proof.auth ?? proof.recovery_auth! };
  await take(api.POST("/api/v1/account/deletion", { body }));
}

export function takeBackDeletion(): Promise<Account> {
  return take(api.DELETE("/api/v1/account/deletion"));
}

/** End what a device may do; what it stored stays. */
export async function revokeDevice(device: string): Promise<void> {
  await take(api.DELETE("/api/v1/devices/{device}", { params: { path: { device } } }));
}

// --- restore orders ------------------------------------------------------------------------------

/** What a restore order would take. */
export async function prepareOrder(draft: OrderDraft): Promise<OrderPlan> {
  return take(api.POST("/api/v1/orders/prepare", { body: draft }));
}

export async function placeOrder(order: NewOrder): Promise<void> {
  await take(api.POST("/api/v1/orders", { body: order }));
}

/** Take an order back; what is written already stays. */
export async function withdrawOrder(order: string): Promise<void> {
  await take(api.DELETE("/api/v1/orders/{order}", { params: { path: { order } } }));
}

/** Which release devices should run from now on, and which of them. */
export async function setRollout(rollout: Rollout): Promise<ReleaseOverview> {
  return take(api.PUT("/api/v1/admin/rollout", { body: rollout }));
}
