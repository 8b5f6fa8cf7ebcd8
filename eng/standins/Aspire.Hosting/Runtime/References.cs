using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Runtime;

/// <summary>The variables by which one resource finds another.</summary>
internal static class References
{
    public static void AddConnection(
        Dictionary<string, object> variables, IResourceWithConnectionString resource, string connectionName, bool optional)
    {
        variables[$"ConnectionStrings__{connectionName}"] = new ConnectionStringReference(resource, optional);
        foreach (var (property, value) in resource.GetConnectionProperties())
        {
            variables[$"{VariableName(connectionName)}_{property.ToUpperInvariant()}"] = value;
        }
    }

    public static void AddEndpoint(Dictionary<string, object> variables, EndpointReference endpoint)
    {
        var service = endpoint.Resource.Name;
        var name = endpoint.EndpointName;
        variables[$"{VariableName(service)}_{VariableName(name)}"] = endpoint;
        var index = 0;
        while (variables.TryGetValue($"services__{service}__{name}__{index}", out var other) && !IsSame(other, endpoint))
        {
            index++;
        }

        variables[$"services__{service}__{name}__{index}"] = endpoint;
    }

    private static bool IsSame(object value, EndpointReference endpoint) =>
        value is EndpointReference other && other.Resource == endpoint.Resource && other.EndpointName == endpoint.EndpointName;

    private static string VariableName(string name)
    {
        var encoded = string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) ? char.ToUpperInvariant(c) : '_'));
        return char.IsAsciiDigit(encoded[0]) ? $"_{encoded}" : encoded;
    }
}
