using Partner.Bench;
using Partner.Bench.Load;
using Partner.Bench.Micro;
using Partner.Bench.Scenarios;

if (Options.Parse(args) is not { } options || Shape.Find(options.Type)?.IsFor(options.Scenario) is not true)
{
    Console.Error.WriteLine(Options.Usage);
    return 2;
}

if (options.Scenario is "micro")
{
    await MicroBench.RunAsync(options.Duration(10));
    return 0;
}

Func<Task<Report>>? scenario = options.Scenario switch
{
    "steady" => () => Steady.RunAsync(options, direct: false),
    "direct" => () => Steady.RunAsync(options, direct: true),
    "crash" => () => Crash.RunAsync(options),
    "replicas" => () => Replicas.RunAsync(options),
    "upgrade" when options.From is { } commit => () => Upgrade.RunAsync(options, commit),
    "noisy" => () => Noisy.RunAsync(options),
    "outage" => () => Outage.RunAsync(options),
    "idle" => () => Idle.RunAsync(options),
    _ => null,
};
if (scenario is null)
{
    Console.Error.WriteLine(Options.Usage);
    return 2;
}

try
{
    var report = await scenario();
    Console.WriteLine(report);
    return report.IsGood ? 0 : 1;
}
catch (Exception exception) when (exception is not OutOfMemoryException)
{
    // An exception that nobody catches would end this process without a word to the system that it started.
    Console.Error.WriteLine(exception);
    return 3;
}
