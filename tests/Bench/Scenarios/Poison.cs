namespace Partner.Bench.Scenarios;

/// <summary>One connection in ten is a bad neighbour, in one of five ways.</summary>
internal static class Poison
{
    private const int OneIn = 10;

    private static readonly (string Action, int Status)?[] Kinds =
    [
        ("status", 403),
        ("hang", 500),
        ("status", 413),
        ("status", 400),
        null,
    ];

    public static bool IsPoisoned(int connection) => connection % OneIn == 0;

    /// <summary>Those that send too much, which no fault of Datadog's is needed for.</summary>
    public static bool IsFlooding(int connection) => IsPoisoned(connection) && KindOf(connection) is null;

    public static async Task BeginAsync(Stage stage)
    {
        for (var i = 0; i < stage.Tenants.Count; i++)
        {
            if (IsPoisoned(i) && KindOf(i) is { } kind)
            {
                await stage.System.Sandbox.FaultAsync(
                    new
                    {
                        action = kind.Action,
                        status = kind.Status,
                        org = stage.Tenants[i].Org.Id,
                        path = $"/{stage.Shape.Intake}",
                    }
                );
            }
        }
    }

    private static (string Action, int Status)? KindOf(int connection) => Kinds[connection / OneIn % Kinds.Length];
}
