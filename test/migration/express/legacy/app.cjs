// A bookshop as many are: Express, CommonJS, sessions, uploads, pages, files, an error handler and a 404 of its own.
const { readFile } = require('node:fs');
const { join } = require('node:path');
const express = require('express');
const session = require('express-session');
const multer = require('multer');

const books = new Map([
  ['emma', { id: 'emma', title: 'Emma', price: 12 }],
  ['persuasion', { id: 'persuasion', title: 'Persuasion', price: 9 }],
]);

class ShopError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

const sessions = session({ secret: 'books', resave: false, saveUninitialized: false });

const app = express();
app.engine('html', (path, options, done) => {
  readFile(path, 'utf8', (error, text) =>
    done(
      error,
      text?.replace(/{{(\w+)}}/g, (_, name) => options[name]),
    ),
  );
});
app.set('views', join(__dirname, 'views'));
app.use('/public', express.static(join(__dirname, 'public')));
app.use(sessions);
app.use(express.json());
app.use(express.urlencoded({ extended: true }));

app.get('/', (req, res) => res.render('home.html', { customer: req.session.customer ?? 'stranger' }));
app.post('/login', (req, res) => {
  req.session.customer = req.body.name;
  res.redirect('/');
});
app.post('/covers', multer().single('cover'), (req, res) => {
  res.status(201).json({ name: req.file.originalname, bytes: req.file.size });
});

const api = express.Router();
api.get('/books', (_req, res) => res.json({ books: [...books.values()] }));
api.get('/books/:id', (req, res) => {
  const book = books.get(req.params.id);
  if (!book) throw new ShopError(404, `no book ${req.params.id}`);
  res.json(book);
});
api.post('/orders', (req, res) => {
  if (!req.session.customer) throw new ShopError(401, 'log in first');
  if (!books.has(req.body.book)) throw new ShopError(422, 'book is not for sale');
  res.status(201).json({ book: req.body.book, customer: req.session.customer });
});
api.get('/report', (_req, res) => {
  setTimeout(() => res.json({ sold: 2 }), 1500);
});
app.use('/api', api);

app.use((_req, res) => res.status(404).send('<h1>Not in this shop</h1>'));
app.use((error, _req, res, next) => {
  if (!(error instanceof ShopError)) return next(error);
  res.status(error.status).json({ error: error.message });
});

module.exports = { app, books, sessions, ShopError };
