using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace Partner.StandIns.Tests;

/// <summary>
/// Public types and members of an assembly, one line each, in a form that can be held against the API listings in
/// https://github.com/microsoft/aspire (src/*/api/*.cs). Nullability is not in it, nor what a record makes by itself.
/// </summary>
internal static class Signatures
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    public static IEnumerable<string> Of(Assembly assembly) => assembly.GetExportedTypes().SelectMany(Of);

    private static IEnumerable<string> Of(Type type) => Members(type).Select(m => $"{FullName(type)}: {m}").Prepend($"{Kind(type)} {FullName(type)}{Bounds(type)}");

    private static IEnumerable<string> Members(Type type)
    {
        if (type.IsEnum)
        {
            return Enum.GetNames(type).Select(n => string.Create(CultureInfo.InvariantCulture, $"{n} = {(int)Enum.Parse(type, n)}"));
        }

        return type.GetConstructors(Declared).Where(c => IsVisible(c) && !IsGenerated(c) && (c.GetParameters().Length > 0 || type.IsAbstract))
                .Select(c => $"new({Parameters(c)})")
            .Concat(type.GetFields(Declared).Where(f => f.IsPublic).Select(f => $"{(f.IsStatic ? "static " : "")}{Name(f.FieldType)} {f.Name}"))
            .Concat(type.GetProperties(Declared).Where(p => IsVisible(p.GetMethod) && p.Name != "EqualityContract").Select(Property))
            .Concat(type.GetMethods(Declared).Where(m => IsVisible(m) && !IsGenerated(m) && IsOwn(m)).Select(Method));
    }

    private static string Property(PropertyInfo property)
    {
        var setter = !IsVisible(property.SetMethod) ? ""
            : property.SetMethod!.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit)) ? " init;" : " set;";
        var required = property.IsDefined(typeof(RequiredMemberAttribute)) ? "required " : "";
        return $"{(property.GetMethod!.IsStatic ? "static " : "")}{required}{Name(property.PropertyType)} {property.Name} {{ get;{setter} }}";
    }

    private static string Method(MethodInfo method)
    {
        var generic = method.IsGenericMethod ? $"<{string.Join(", ", method.GetGenericArguments().Select(a => a.Name))}>" : "";
        var bounds = string.Concat(method.GetGenericArguments().Select(Bound));
        return $"{(method.IsStatic ? "static " : "")}{Name(method.ReturnType)} {method.Name}{generic}({Parameters(method)}){bounds}";
    }

    private static string Parameters(MethodBase method) => string.Join(", ", method.GetParameters().Select(p =>
    {
        var prefix = p.Position == 0 && method.IsDefined(typeof(ExtensionAttribute)) ? "this "
            : p.IsDefined(typeof(ParamArrayAttribute)) ? "params "
            : p.IsOut ? "out "
            : p.ParameterType.IsByRef ? "in "
            : "";
        return $"{prefix}{Name(p.ParameterType)} {p.Name}{(p.HasDefaultValue ? $" = {p.DefaultValue ?? "default"}" : "")}";
    }));

    private static string Bounds(Type type) => string.Concat(type.GetGenericArguments().Select(Bound));

    private static string Bound(Type parameter)
    {
        var flags = parameter.GenericParameterAttributes;
        string[] bounds =
        [
            .. flags.HasFlag(GenericParameterAttributes.ReferenceTypeConstraint) ? ["class"] : Array.Empty<string>(),
            .. parameter.GetGenericParameterConstraints().Select(Name).Order(StringComparer.Ordinal),
            .. flags.HasFlag(GenericParameterAttributes.DefaultConstructorConstraint) ? ["new()"] : Array.Empty<string>(),
        ];
        return bounds.Length == 0 ? "" : $" where {parameter.Name} : {string.Join(", ", bounds)}";
    }

    private static string Kind(Type type) =>
        type.IsInterface ? "interface"
        : type.IsEnum ? "enum"
        : type.IsValueType ? "struct"
        : type is { IsAbstract: true, IsSealed: true } ? "static class"
        : type.IsAbstract ? "abstract class"
        : type.IsSealed ? "sealed class"
        : "class";

    private static string FullName(Type type) => type.IsNested
        ? $"{FullName(type.DeclaringType!)}.{Name(type)}"
        : $"{type.Namespace}.{Name(type)}";

    private static string Name(Type type)
    {
        if (type.IsByRef || type.IsArray)
        {
            return Name(type.GetElementType()!) + (type.IsArray ? "[]" : "");
        }

        return type.IsGenericType
            ? $"{type.Name.Split('`')[0]}<{string.Join(", ", type.GetGenericArguments().Select(Name))}>"
            : type.Name;
    }

    private static bool IsVisible(MethodBase? method) => method is { IsPublic: true } or { IsFamily: true } or { IsFamilyOrAssembly: true };

    private static bool IsGenerated(MethodBase method) => method.IsDefined(typeof(CompilerGeneratedAttribute)) && !method.Name.StartsWith("op_", StringComparison.Ordinal);

    // Not an accessor, not an override of what every type has.
    private static bool IsOwn(MethodInfo method) =>
        (!method.IsSpecialName || method.Name is "op_Implicit") && method.GetBaseDefinition() == method && method.Name is not "Deconstruct";
}
