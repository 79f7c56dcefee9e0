import { Component, type ReactNode } from 'react';
import { Problem } from '../components/problem.tsx';

/** A page that fails says so in its own place; the shell around it stays. */
export class PageError extends Component<{ readonly children: ReactNode }, { readonly error: unknown }> {
  override state = { error: undefined as unknown };

  static getDerivedStateFromError(error: unknown): { readonly error: unknown } {
    return { error };
  }

  override render(): ReactNode {
    return this.state.error === undefined ? this.props.children : <Problem error={this.state.error} again={() => this.setState({ error: undefined })} />;
  }
}
