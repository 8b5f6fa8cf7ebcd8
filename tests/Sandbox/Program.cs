using Partner.Sandbox;

var builder = WebApplication.CreateSlimBuilder(args);
builder.Logging.SetMinimumLevel(LogLevel.Warning);
var options = SandboxOptions.From(builder.Configuration);

// Who configures a client knows its secret; nobody but this output says the one that is made here.
var made = options.Clients is [] ? ClientOptions.WithNewSecret() : null;
if (made is not null)
{
    options.Clients.Add(made);
}

await using var sandbox = await SandboxApp.StartAsync(builder, options);
Console.WriteLine(Started.Say(sandbox, made));
await sandbox.WaitForShutdownAsync();
