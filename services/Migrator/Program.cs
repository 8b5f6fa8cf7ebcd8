using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Partner.Migrator;

var configuration = new ConfigurationBuilder().AddEnvironmentVariables().AddCommandLine(args).Build();
using var logging = LoggerFactory.Create(builder => builder.AddSimpleConsole(console => console.SingleLine = true));
var logger = logging.CreateLogger("Migrator");

var scripts = Path.Combine(AppContext.BaseDirectory, "migrations");

if (args is ["wait", ..])
{
    var mistakes = new List<string>();
    if (SchemaWait.Read(configuration, scripts, logger, mistakes) is not { } wait)
    {
        logger.LogCritical("Cannot wait: {Mistakes}", string.Join(" ", mistakes));
        return 2;
    }

    await wait.RunAsync(CancellationToken.None);
    return 0;
}

var plan = MigrationPlan.Read(configuration, scripts);
if (plan.Mistakes.Count > 0)
{
    logger.LogCritical("Cannot migrate: {Mistakes}", string.Join(" ", plan.Mistakes));
    return 2;
}

await new Migration(plan, logger).RunAsync(CancellationToken.None);
return 0;
