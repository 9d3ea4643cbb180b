// Every native call of this assembly is blittable: the stubs stay one jump long.
[assembly: System.Runtime.CompilerServices.DisableRuntimeMarshalling]
