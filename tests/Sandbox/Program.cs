using Partner.Sandbox;

var builder = WebApplication.CreateSlimBuilder(args);
await using var sandbox = await SandboxApp.StartAsync(builder, SandboxOptions.From(builder.Configuration));
await sandbox.WaitForShutdownAsync();
