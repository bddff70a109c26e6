import type { Reporter, TestModule } from 'vitest/node';

/** Ends a run with one plain line, `N passed, N failed`, that scripts and people can both read. */
export default class PlainSummaryReporter implements Reporter {
  onTestRunEnd(modules: ReadonlyArray<TestModule>, unhandledErrors: ReadonlyArray<unknown>): void {
    const count = { passed: 0, failed: 0, skipped: 0 };
    for (const module of modules) {
      let moduleTests = 0;
      for (const test of module.children.allTests()) {
        moduleTests += 1;
        const { state } = test.result();
        if (state === 'passed' || state === 'failed' || state === 'skipped') count[state] += 1;
      }
      if (moduleTests === 0 && module.state() === 'failed') count.failed += 1;
    }
    count.failed += unhandledErrors.length;
    const skipped = count.skipped > 0 ? `${count.skipped} skipped\n` : '';
    setImmediate(() => process.stdout.write(`\n${skipped}${count.passed} passed, ${count.failed} failed\n`));
  }
}
