using System.Collections;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Runtime;

internal static class ResourceEnvironment
{
    // What configures the AppHost is not its children's: each gets the connection strings and secrets given to it.
    private static readonly string[] OfTheAppHostOnly = ["ConnectionStrings__", "Parameters__", "ASPNETCORE_URLS", "AppHost__", "Publishing__"];

    public static async Task<Dictionary<string, string>> ResolveAsync(
        IResource resource, DistributedApplicationOperation operation, CancellationToken cancellationToken)
    {
        var context = new EnvironmentContext([], new DistributedApplicationExecutionContext(operation));
        foreach (var annotation in resource.Annotations.OfType<EnvironmentCallbackAnnotation>().ToArray())
        {
            annotation.Callback(context);
        }

        var resolved = new Dictionary<string, string>();
        foreach (var (name, value) in context.Variables)
        {
            var text = value switch
            {
                IManifestExpressionProvider expression when context.ExecutionContext.IsPublishMode => expression.ValueExpression,
                IValueProvider provider => await provider.GetValueAsync(cancellationToken),
                _ => value.ToString(),
            };
            if (text is not null)
            {
                resolved[name] = text;
            }
        }

        return resolved;
    }

    public static Dictionary<string, string> WithInherited(Dictionary<string, string> own)
    {
        var all = new Dictionary<string, string>();
        foreach (DictionaryEntry inherited in Environment.GetEnvironmentVariables())
        {
            var name = (string)inherited.Key;
            if (!OfTheAppHostOnly.Any(prefix => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase)))
            {
                all[name] = (string?)inherited.Value ?? "";
            }
        }

        foreach (var (name, value) in own)
        {
            all[name] = value;
        }

        return all;
    }
}
