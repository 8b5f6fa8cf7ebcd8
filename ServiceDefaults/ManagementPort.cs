namespace Partner.ServiceDefaults;

/// <summary>
/// Keeps health off the public port and everything else off the internal one. Decided by the port that the
/// connection came in on: a Host header is the client's to choose.
/// </summary>
internal static class ManagementPort
{
    /// <summary>It can do its work.</summary>
    public const string HealthPath = "/health";

    /// <summary>The process answers.</summary>
    public const string AlivePath = "/alive";

    public static void UseManagementPort(this WebApplication app)
    {
        if (app.Configuration.GetValue<int?>("Management:Port") is not { } port)
        {
            return;
        }

        app.Use(
            (context, next) =>
            {
                var isHealth =
                    context.Request.Path.Equals(HealthPath, StringComparison.Ordinal)
                    || context.Request.Path.Equals(AlivePath, StringComparison.Ordinal);
                if (isHealth == (context.Connection.LocalPort == port))
                {
                    return next(context);
                }

                context.Response.StatusCode = StatusCodes.Status404NotFound;
                return Task.CompletedTask;
            }
        );
    }
}
