namespace Partner.Sending.Accept;

internal static class IntakeApi
{
    public static IEndpointRouteBuilder MapIntake(this IEndpointRouteBuilder routes)
    {
        var sender = (Sender)routes.ServiceProvider.GetService(typeof(Sender))!;
        var intake = (Intake)routes.ServiceProvider.GetService(typeof(Intake))!;
        var group = routes.MapGroup("").RequireCaller("append");
        foreach (var path in sender.Paths)
        {
            group.MapMethods(path.Path, path.Methods, context => intake.AcceptAsync(context, path));
        }

        return routes;
    }
}
