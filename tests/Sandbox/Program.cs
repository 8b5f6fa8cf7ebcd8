using Partner.Sandbox;

var alone = args.Contains("--alone");
var builder = WebApplication.CreateSlimBuilder([.. args.Where(arg => arg != "--alone")]);
var options = SandboxOptions.From(builder.Configuration);
if (alone)
{
    Alone.MakeClient(options);
    builder.Logging.SetMinimumLevel(LogLevel.Warning);
}

await using var sandbox = await SandboxApp.StartAsync(builder, options);
if (alone)
{
    Console.WriteLine(Alone.Describe(sandbox, options.Clients[0]));
}

await sandbox.WaitForShutdownAsync();
