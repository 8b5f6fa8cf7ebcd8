using Partner.Auth;

AuthApp.Build(args).Run();
