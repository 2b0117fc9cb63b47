// Prints the failed tests of a run of Jest, by its JSON report: `node .ci/failures.cjs REPORT`.
const { testResults } = require(require('node:path').resolve(process.argv[2]));
const start = (text) => text.split('\n').slice(0, 30).join('\n');
for (const { name, message, assertionResults } of testResults) {
  const failed = assertionResults.filter(({ status }) => status === 'failed');
  for (const { fullName, failureMessages } of failed)
    console.log(`FAILED ${name}: ${fullName}\n${start(failureMessages.join('\n'))}`);
  if (failed.length === 0 && message) console.log(`FAILED ${name}\n${start(message)}`);
}
