/** What is said about members whose outputs are no votes; section 2 of docs/semantics.md says which are. */
import type { CascadeCounters } from "./counters.js";
import type { CascadeInfo, MemberInfo } from "./info.js";

/** What a cascade's `warning` event tells: something that is no error, and seldom meant. */
export interface CascadeWarning {
  readonly kind: "invalidVotes";
  readonly tier: string;
  readonly member: string;
  /** Its place among the tier's members. */
  readonly memberIndex: number;
  /** Its last rows, */
  readonly rows: number;
  /** and how many of them had no valid vote of it. */
  readonly invalid: number;
  /** The same as a sentence, with what may help. */
  readonly message: string;
}

/** A member's rows, by indices. */
interface InvalidRows {
  readonly tier: number;
  readonly member: number;
  readonly rows: number;
  readonly invalid: number;
}

/** undefined: there is no such member. */
export function invalidVotesWarning(info: CascadeInfo, invalidRows: InvalidRows): CascadeWarning | undefined {
  const tier = info.tiers[invalidRows.tier];
  const member = tier?.members[invalidRows.member];
  if (tier === undefined || member === undefined) return undefined;
  const { rows, invalid } = invalidRows;
  const place = `tier "${tier.name}", member ${invalidRows.member} (${member.name})`;
  const message = `${place}: ${invalid} of ${rows} rows had no valid vote, ${causeOf(member, info.classes)}`;
  return {
    kind: "invalidVotes",
    tier: tier.name,
    member: member.name,
    memberIndex: invalidRows.member,
    rows,
    invalid,
    message,
  };
}

/** A sentence for every member that has given invalid votes. */
export function invalidVotesSoFar(info: CascadeInfo, { tiers }: CascadeCounters): string[] {
  return tiers.flatMap(({ members }, tier) =>
    members.flatMap(({ rowsRun, rowsFailed, invalidVotes: invalid }, member) => {
      if (invalid === 0) return [];
      const warning = invalidVotesWarning(info, { tier, member, rows: rowsRun - rowsFailed, invalid });
      return warning === undefined ? [] : [warning.message];
    }),
  );
}

function causeOf({ output, outputWidth }: MemberInfo, classes: number): string {
  switch (output) {
    case "label":
      return `because its label stood for none of the ${classes} classes; \`labels\` says which values it writes.`;
    case "probabilities":
      return (
        "because a score was NaN or outside 0 to 1" +
        `${outputWidth > 1 ? ", or none was above 0" : ""}; say output: "logits" if they are no probabilities.`
      );
    case "logits":
      return "because a score was NaN or infinite.";
  }
}
