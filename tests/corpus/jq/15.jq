.a # comment
== 1