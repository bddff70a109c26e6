import { describe, expect, it } from 'vitest';
import { Markup, markup } from './markup';

describe('markup', () => {
  it('escapes text wherever it is put, and control characters with it', () => {
    const title = `<script>alert("1")</script> & 'co'\u0007`;
    expect(markup`<p title="${title}">${title}</p>`.text).toBe(
      '<p title="&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;co&#39; ">' +
        '&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;co&#39; </p>',
    );
  });

  it('keeps markup, joins lists, and leaves null out', () => {
    const rows = ['a', 'b<'].map((text) => markup`<li>${text}</li>`);
    expect(markup`<ul>${rows}${null}${[1, new Markup('<hr>')]}</ul>`.text).toBe(
      '<ul><li>a</li><li>b&lt;</li>1<hr></ul>',
    );
  });
});
