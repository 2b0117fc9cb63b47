import { linkedFolder } from './migration.ts';
import { describeMigration } from './migration-suite.ts';

describeMigration('Express 5', async () => linkedFolder('express'));
describeMigration('Express 4', async () => linkedFolder('express4'));
