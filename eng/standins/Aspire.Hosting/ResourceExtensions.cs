using Aspire.Hosting.Runtime;

namespace Aspire.Hosting.ApplicationModel;

public static class ResourceExtensions
{
    [Obsolete("Obsolete in the genuine API as well, in favour of its ExecutionConfigurationBuilder.")]
    public static async ValueTask<Dictionary<string, string>> GetEnvironmentVariableValuesAsync(
        this IResourceWithEnvironment resource,
        DistributedApplicationOperation applicationOperation = DistributedApplicationOperation.Run) =>
        await ResourceEnvironment.ResolveAsync(resource, applicationOperation, CancellationToken.None);
}
