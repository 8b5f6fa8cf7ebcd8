using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Runtime;

/// <summary>A process of a resource is named like the genuine ones: the resource's name and eight random letters.</summary>
internal static class InstanceName
{
    private static readonly ConditionalWeakTable<IResource, string> Suffixes = [];

    public static string SuffixOf(IResource resource) =>
        Suffixes.GetValue(resource, _ => RandomNumberGenerator.GetString("abcdefghijkmnpqrstuvwxyz", 8));

    public static string Of(IResource resource) => $"{resource.Name}-{SuffixOf(resource)}";
}
