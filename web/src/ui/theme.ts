/** The look, as far as components take it as values; colours stand in `theme.css`. */

import { Alert, Anchor, Button, createTheme, InputWrapper, Modal, Paper } from "@mantine/core";

export const theme = createTheme({
  primaryColor: "indigo", // its shades are ours, see theme.css
  primaryShade: { light: 6, dark: 5 },
  defaultRadius: "md",
  cursorType: "pointer",
  focusRing: "auto",
  respectReducedMotion: true,
  components: {
    Anchor: Anchor.extend({ defaultProps: { underline: "always" } }), // colour alone is not enough
    Button: Button.extend({ defaultProps: { size: "sm" } }),
    // Nearly every field is needed: a star on each would say nothing.
    InputWrapper: InputWrapper.extend({ defaultProps: { withAsterisk: false } }),
    Paper: Paper.extend({ defaultProps: { withBorder: true, radius: "lg" } }),
    Alert: Alert.extend({ defaultProps: { radius: "md" } }),
    Modal: Modal.extend({
      // The library would lock scrolling by a style element, which our policy does not allow.
      defaultProps: { lockScroll: false, centered: true, radius: "lg" },
    }),
  },
});
