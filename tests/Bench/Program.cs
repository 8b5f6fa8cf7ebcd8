using Partner.Bench;
using Partner.Bench.Load;
using Partner.Bench.Micro;
using Partner.Bench.Scenarios;

if (Options.Parse(args) is not { } options || Shape.Find(options.Type) is null)
{
    Console.Error.WriteLine(Options.Usage);
    return 2;
}

if (options.Scenario is "micro")
{
    await MicroBench.RunAsync(options.Duration(10));
    return 0;
}

var report = options.Scenario switch
{
    "steady" => await Steady.RunAsync(options, direct: false),
    "direct" => await Steady.RunAsync(options, direct: true),
    "crash" => await Crash.RunAsync(options),
    "noisy" => await Noisy.RunAsync(options),
    "outage" => await Outage.RunAsync(options),
    "idle" => await Idle.RunAsync(options),
    _ => null,
};
if (report is null)
{
    Console.Error.WriteLine(Options.Usage);
    return 2;
}

Console.WriteLine(report);
return report.IsGood ? 0 : 1;
