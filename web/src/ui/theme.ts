/** The look, as far as components take it as values; colours stand in `theme.css`. */

import {
  Alert,
  Anchor,
  Button,
  createTheme,
  InputWrapper,
  Menu,
  Modal,
  ModalHeader,
  Paper,
} from "@mantine/core";

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
    // Its stand-in for the first focus is no item, which a screen reader must not meet in a menu.
    Menu: Menu.extend({ defaultProps: { withInitialFocusPlaceholder: false } }),
    // A dialog's head is not the head of the page.
    ModalHeader: ModalHeader.extend({ defaultProps: { role: "presentation" } }),
    Modal: Modal.extend({
      // The library would lock scrolling by a style element, which our policy does not allow.
      defaultProps: { lockScroll: false, centered: true, radius: "lg" },
    }),
  },
});
