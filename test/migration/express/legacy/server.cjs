const { app } = require('./app.cjs');

const server = app.listen(process.env.PORT, '127.0.0.1', () => {
  console.log(JSON.stringify({ msg: 'listening', port: server.address().port }));
});
