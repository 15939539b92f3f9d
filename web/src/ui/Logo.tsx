/** Our sign: layers, the newest on top. */

export function Logo({ size = 28 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" fill="#4454c5" />
      <path
        d="M9 21.5 16 25l7-3.5M9 16.5 16 20l7-3.5"
        fill="none"
        stroke="#fff"
        strokeOpacity=".65"
        strokeWidth="2.2"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
      <path
        d="M16 7 9 10.800 16 14.600l7-3.800Z"
        fill="#fff"
        stroke="#fff"
        strokeWidth="2.2"
        strokeLinejoin="round"
      />
    </svg>
  );
}
