/** Texts that a page must show and never obey. */
export const hostile = {
  script: '<script>document.title = "taken"; window.taken = true</script>',
  image: '<img src=x onerror="window.taken = true">',
  attribute: '" onmouseover="window.taken = true" x="',
  closing: '</pre></details></script><h1 id="planted">planted</h1>',
  ansi: '\u001b[31mred\u001b[0m \u001b]8;;http://example.org\u0007link\u001b]8;;\u0007',
  controls: 'bell\u0007 null\u0000 escape\u001b del\u007f',
  bidi: 'user\u202e txt.exe\u2066',
  template: '{{ window.taken = true }} <% window.taken = true %>',
} as const;

export const everythingHostile = Object.values(hostile).join('\n');
